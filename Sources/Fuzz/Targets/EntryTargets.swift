// What a slot holds, and what stands beside the logs: entries, commands, genesis, and identity.json. None of these has a
// checksum of its own but the last.

import Fuzzing
import Paxos
import PaxosLog
import StateMachine

struct EntryTarget: FuzzTarget {
    let name = "entry"
    let largestAllocation = 8 * Mutator.longest
    let mostAllocated = 32 * Mutator.longest

    var corpus: [[UInt8]] {
        let kinds: [Entry.Kind] = [.noOp, .seal, .checkpoint, .configuration]
        let checkpoints: [Checkpoint.Subject] = [
            .state([UInt8](repeating: 7, count: Checkpoint.stateDigestLength)),
            .snapshot(FileDigest([UInt8](repeating: 7, count: FileDigest.length))),
        ]
        return Samples.entries(4).map { Samples.body([$0]) } + kinds.map { Samples.body([Samples.entry(Slot(3), $0)]) }
            + checkpoints.map { subject in
                let payload = Checkpoint(slot: Slot(2), subject: subject).encoded()
                return Samples.body([Samples.entry(Slot(3), .checkpoint, payload)])
            }
    }

    func decode(_ bytes: [UInt8]) -> Bool {
        guard let entry = try? EntryView(in: bytes.span.bytes, at: 0) else { return false }
        let line = EntryText.line(entry, .chosen, in: bytes) { CommandText.text(ofEncoded: $0) }
        require(!line.utf8.contains(UInt8(ascii: "\n")), "an entry is one line")
        if let checkpoint = Checkpoint(of: entry, in: bytes.span.bytes) {
            require(checkpoint.encoded() == Array(bytes[entry.payload]), "a checkpoint has one encoding")
        }
        return true
    }
}

struct CommandTarget: FuzzTarget {
    let name = "command"
    let largestAllocation = 8 * Mutator.longest
    let mostAllocated = 32 * Mutator.longest

    var corpus: [[UInt8]] {
        let key = Array("key".utf8)
        let commands: [Command] = [
            .set(key: key, value: Array("value é \u{301}".utf8)), .delete(key: [0xFF, 0x00]), .set(key: key, value: []),
            Command(
                conditions: [
                    .keyIsAbsent(key: key), .valueEquals(key: key, value: [1]),
                    .modifiedSlotEquals(key: key, slot: Slot(9)),
                ], operations: [.set(key: key, value: [2]), .delete(key: key)]),
        ]
        return commands.compactMap { try? $0.encoded() }
    }

    func decode(_ bytes: [UInt8]) -> Bool {
        let text = CommandText.text(ofEncoded: bytes)
        require(!text.utf8.contains(UInt8(ascii: "\n")), "a command is one line")
        guard let command = try? Command(decoding: bytes.span.bytes) else { return false }
        require((try? command.encoded()) == bytes, "a command has one encoding")
        return true
    }
}

struct GenesisTarget: FuzzTarget {
    let name = "genesis"
    let largestAllocation = 2 * Mutator.longest
    let mostAllocated = 8 * Mutator.longest

    var corpus: [[UInt8]] { [Samples.genesis.encoded()] }

    func decode(_ bytes: [UInt8]) -> Bool {
        guard let genesis = try? Genesis(decoding: bytes) else { return false }
        require((try? Genesis(decoding: genesis.encoded())) == genesis, "a genesis is the same when it is sent on")
        return true
    }
}

struct IdentityTarget: FuzzTarget {
    let name = "identity"
    let largestAllocation = 8 * Mutator.longest
    let mostAllocated = 64 * Mutator.longest

    let words = ["{", "}", "\"", "null", "1e999", "18446744073709551616", "-1", "\"version\": 1,", "[[[[", "\\u0000"]
        .map {
            Array($0.utf8)
        }

    var corpus: [[UInt8]] {
        [nil, UniqueID(high: 1, low: 2)].map { cluster in
            let identity = Identity(
                node: NodeID(3), cluster: cluster, incarnation: .first, boot: 1_700_000_000_000,
                journal: UniqueID(high: 5, low: 6))
            return Array(identity.encoded.utf8)
        }
    }

    func reseal(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        guard let end = bytes.firstRange(of: "  \"checksum\"".utf8)?.lowerBound, end >= 2 else { return }
        bytes = Array(Identity.sealed(String(decoding: bytes[2..<end], as: UTF8.self)).utf8)
    }

    func decode(_ bytes: [UInt8]) -> Bool {
        guard let identity = try? Identity(decoding: bytes, file: Samples.path) else { return false }
        let again = try? Identity(decoding: Array(identity.encoded.utf8), file: Samples.path)
        require(again == identity, "an identity is the same when it is written anew")
        return true
    }
}
