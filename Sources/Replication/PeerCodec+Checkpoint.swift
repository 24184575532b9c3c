// What a node tells of its state and its snapshots, within a message.

import NIOCore
import Paxos
import PaxosLog
import StateMachine

extension ByteBuffer {
    mutating func write(_ states: [StateNote]) {
        write(UInt32(states.count))
        for state in states {
            write(state.slot)
            writeBytes(state.digest.bytes)
        }
    }

    mutating func readStates() throws(PeerCodecError) -> [StateNote] {
        let count = Int(try read(UInt32.self))
        guard (1...CheckpointReport.mostStates).contains(count) else { throw .malformed("\(count) states") }
        var states: [StateNote] = []
        for _ in 0..<count {
            let slot = try readSlot()
            guard slot > states.last?.slot ?? .zero else { throw .malformed("states that do not ascend") }
            guard let digest = StateDigest(bytes: try readExactly(16)) else { throw .truncated }
            states.append(StateNote(slot: slot, digest: digest))
        }
        return states
    }

    mutating func write(_ name: SnapshotName, _ digest: FileDigest) {
        write(name.slot)
        writeBytes(digest.bytes)
    }

    mutating func readSnapshotDigest() throws(PeerCodecError) -> CheckpointReport {
        let name = SnapshotName(slot: try readPositiveSlot())
        return .snapshot(name, FileDigest(try readExactly(FileDigest.length)))
    }
}
