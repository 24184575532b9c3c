// The payload of a checkpoint: it comes back, keeps its bytes, and nothing else passes for one.

import Paxos
import Testing

@testable import PaxosLog

@Suite struct CheckpointFormatTests {
    static let checkpoints = [
        Checkpoint(slot: Slot(2_048), subject: .state(Array(1...16))),
        Checkpoint(slot: Slot(7), subject: .snapshot(FileDigest(Array(1...32)))),
    ]

    private func decode(_ bytes: [UInt8], in entry: UInt64 = 3_000) throws(CheckpointError) -> Checkpoint {
        try Checkpoint(decoding: bytes.span.bytes, in: Slot(entry))
    }

    @Test(arguments: checkpoints) func checkpointComesBack(_ checkpoint: Checkpoint) throws {
        #expect(try decode(checkpoint.encoded()) == checkpoint)
    }

    /// Fails when the bytes change: then the version and docs/log-format.md must too.
    @Test func checkpointKeepsItsBytes() {
        let header: [UInt8] = [1, 0, 1, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0]
        #expect(Self.checkpoints[0].encoded() == header + Array(1...16))
    }

    @Test(arguments: checkpoints) func whatIsNoCheckpointIsRefused(_ checkpoint: Checkpoint) {
        func refusal(_ change: (inout [UInt8]) -> Void) -> CheckpointError? {
            var bytes = checkpoint.encoded()
            change(&bytes)
            do {
                _ = try decode(bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.removeLast() } == .malformed && refusal { $0.append(0) } == .malformed)
        #expect(refusal { $0.removeAll() } == .malformed)
        #expect(refusal { $0[0] = 2 } == .unsupportedVersion(2))
        #expect(refusal { $0[2] = 0 } == .unknownSubject(0) && refusal { $0[2] = 3 } == .unknownSubject(3))
        #expect(refusal { $0[2] ^= 3 } == .malformed, "the other kind has another length")
        for reserved in 4..<8 { #expect(refusal { $0[reserved] = 1 } == .malformed) }
    }

    @Test func aCheckpointNamesASlotBeforeItsOwn() {
        let bytes = Self.checkpoints[0].encoded()
        #expect(throws: Never.self) { try decode(bytes, in: 2_049) }
        #expect(throws: CheckpointError.malformed) { try decode(bytes, in: 2_048) }
        let zero = Checkpoint(slot: .zero, subject: .state(Array(1...16))).encoded()
        #expect(throws: CheckpointError.malformed) { try decode(zero) }
    }
}
