// What Paxos must know of entries.

import Paxos
import PaxosLog

extension ValueFormat {
    /// - Parameters:
    ///   - session: whose no-ops they are.
    ///   - vote: what a configuration must call this disk for it to vote for the session's node.
    static func entries(of session: SessionID, vote: UniqueID) -> ValueFormat {
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
                Membership.last(in: run).map { ($0.configuration, $0.incarnation(of: session.node, journal: vote)) }
            })
    }
}
