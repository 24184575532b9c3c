// What Paxos must know of entries, and what this node's disk counts for.

import Paxos
import PaxosLog

/// Whose vote this disk casts: that of the journal which the configuration names for the node.
struct DiskStanding: Sendable {
    var node: NodeID
    var journal: UniqueID
    /// The life that the disk does not trust itself to go on with: it may be an older image of what it was.
    var suspended: Incarnation?

    func incarnation(in membership: Membership) -> Incarnation {
        let named = membership.incarnation(of: node, journal: journal)
        return if let suspended, named <= suspended { .learner } else { named }
    }
}

extension ValueFormat {
    /// - Parameter session: whose no-ops they are.
    static func entries(of session: SessionID, _ standing: DiskStanding) -> ValueFormat {
        ValueFormat(
            checksum: Run.xxh3,
            noOp: { slot, time in
                var bytes: [UInt8] = []
                Entry(slot: slot, kind: .noOp, time: time, session: session, sequence: 0, payload: [])
                    .encode(into: &bytes)
                return bytes
            },
            isConfiguration: { Membership.isConfiguration($0.span.bytes, at: 0) },
            configuration: { run in
                Membership.last(in: run).map { ($0.configuration, own: standing.incarnation(in: $0)) }
            })
    }
}
