// What Paxos must know of entries.

import Paxos
import PaxosLog

extension ValueFormat {
    /// - Parameters:
    ///   - session: whose no-ops they are.
    ///   - journal: the one that votes, or may come to vote, for the session's node.
    static func entries(of session: SessionID, journal: UniqueID) -> ValueFormat {
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
                Membership.last(in: run).map { ($0.configuration, $0.incarnation(of: session.node, journal: journal)) }
            })
    }
}
