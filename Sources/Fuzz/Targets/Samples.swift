// Small things that corpora are made of.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage

enum Samples {
    /// Blocks of a few entries, segments of a few blocks.
    static let limits = LogLimits(blockBytes: 256, segmentBytes: 1024)
    static let path = FilePath("/n0/input")

    static var genesis: Genesis {
        let members = (0..<3).map { number in
            Genesis.Member(
                node: NodeID(UInt16(number)), incarnation: .first, journal: UniqueID(high: UInt64(number), low: 1))
        }
        return Genesis(cluster: UniqueID(high: 0x0011_2233_4455_6677, low: 9), members: members, limits: limits)
    }

    static func entry(_ slot: Slot, _ kind: Entry.Kind, _ payload: [UInt8] = []) -> Entry {
        Entry(
            slot: slot, kind: kind, time: 1_700_000_000_000_000 + slot.rawValue,
            session: SessionID(node: NodeID(1), incarnation: .first, boot: 1_700_000_000_000),
            sequence: slot.rawValue, payload: payload)
    }

    static func set(_ slot: Slot, value: [UInt8]) -> Entry {
        let command = Command.set(key: Array("key \(slot)".utf8), value: value)
        guard let payload = try? command.encoded() else { fatalError("the sample is within the limits") }
        return entry(slot, .command, payload)
    }

    static func body(_ entries: [Entry]) -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries { entry.encode(into: &bytes) }
        return bytes
    }

    /// Genesis, then commands and no-ops up to and with slot `count`.
    static func entries(_ count: Int) -> [Entry] {
        (1...count).map { number in
            let slot = Slot(UInt64(number))
            if number == 1 { return entry(slot, .genesis, genesis.encoded()) }
            if number % 5 == 0 { return entry(slot, .noOp) }
            return set(slot, value: [UInt8](repeating: UInt8(number), count: number % 13))
        }
    }

    static func blocks(_ count: Int) -> [RawBlock] {
        var cutter = BlockCutter(limits: limits, next: .first, segmentBytes: 0)
        return cutter.append(body: body(entries(count)), firstSlot: .first, count: count)
    }

    static func bytes(_ count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { write($0) }
        return bytes
    }
}
