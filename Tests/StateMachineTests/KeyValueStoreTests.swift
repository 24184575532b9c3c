import Paxos
import StateMachine
import Testing

@Suite struct KeyValueStoreTests {
    @Test func setAndDeleteTellWhatWasThere() throws {
        var store = KeyValueStore()
        #expect(try store.apply(.set(key: [1], value: [2])) == .done(existed: false))
        #expect(try store.apply(.set(key: [1], value: [])) == .done(existed: true))
        #expect(store.value(for: [1]) == StoredValue(value: [], created: Slot(1), modified: Slot(2)))
        #expect(try store.apply(.delete(key: [1])) == .done(existed: true))
        #expect(try store.apply(.delete(key: [1])) == .done(existed: false))
        #expect(store.value(for: [1]) == nil)
        #expect(store.count == 0)
        #expect(store.digest == StateDigest(), "an empty state has the empty digest, whatever led to it")
        #expect(try store.apply(.set(key: [1], value: [3])) == .done(existed: false))
        #expect(store.value(for: [1]) == StoredValue(value: [3], created: Slot(5), modified: Slot(5)))
    }

    @Test(arguments: awkwardKeys) func awkwardKeyIsAKeyLikeAnyOther(_ key: [UInt8]) throws {
        var store = KeyValueStore()
        for other in awkwardKeys where other != key { _ = try store.apply(.set(key: other, value: [0])) }
        let before = store.digest
        #expect(store.value(for: key) == nil)
        #expect(try store.apply(.set(key: key, value: key)) == .done(existed: false))
        #expect(store.value(for: key)?.value == key)
        #expect(store.count == awkwardKeys.count)
        #expect(store.digest == store.recomputedDigest())
        #expect(try store.apply(.delete(key: key)) == .done(existed: true))
        #expect(store.digest == before)
    }

    @Test func longestValueIsKept() throws {
        var random = SeededGenerator(seed: 3)
        let value = random.bytes(Command.longestValue)
        var store = KeyValueStore()
        _ = try store.apply(.set(key: [UInt8](repeating: 0xFF, count: 4096), value: value))
        #expect(store.value(for: [UInt8](repeating: 0xFF, count: 4096))?.value == value)
        #expect(store.digest == store.recomputedDigest())
        #expect(throws: CommandError.valueTooLong(1 << 20 + 1)) { try store.apply(.set(key: [1], value: value + [0])) }
        #expect(throws: CommandError.keyTooLong(4097)) {
            try store.apply(.set(key: [UInt8](repeating: 0, count: 4097), value: []))
        }
        #expect(throws: CommandError.emptyKey) { try store.apply(.set(key: [], value: [])) }
    }

    @Test func conditionsDecideForTheWholeCommand() throws {
        var store = KeyValueStore()
        let create = Command(conditions: [.keyIsAbsent(key: [1])], operations: [.set(key: [1], value: [10])])
        #expect(try store.apply(create) == .done(existed: false))
        #expect(try store.apply(create) == .conditionFailed)
        #expect(store.value(for: [1])?.modified == Slot(1))
        func swap(_ conditions: [Command.Condition]) -> Command {
            Command(conditions: conditions, operations: [.set(key: [1], value: [11]), .set(key: [2], value: [20])])
        }
        #expect(try store.apply(swap([.valueEquals(key: [1], value: [9])])) == .conditionFailed)
        #expect(try store.apply(swap([.valueEquals(key: [3], value: [])])) == .conditionFailed, "no key, no value")
        #expect(try store.apply(swap([.modifiedSlotEquals(key: [1], slot: Slot(2))])) == .conditionFailed)
        #expect(try store.apply(swap([.modifiedSlotEquals(key: [3], slot: .zero)])) == .conditionFailed)
        #expect(
            try store.apply(swap([.valueEquals(key: [1], value: [10]), .keyIsAbsent(key: [1])])) == .conditionFailed)
        #expect(store.value(for: [2]) == nil)
        #expect(
            try store.apply(
                swap([.valueEquals(key: [1], value: [10]), .modifiedSlotEquals(key: [1], slot: Slot(1))]))
                == .done(existed: true))
        #expect(store.value(for: [1]) == StoredValue(value: [11], created: Slot(1), modified: Slot(8)))
        #expect(store.value(for: [2]) == StoredValue(value: [20], created: Slot(8), modified: Slot(8)))
        #expect(store.digest == store.recomputedDigest())
    }

    @Test func operationsSeeThoseBeforeThem() throws {
        var store = KeyValueStore()
        let command = Command(operations: [
            .set(key: [1], value: [1]), .delete(key: [1]), .set(key: [1], value: [2]), .set(key: [1], value: [3]),
            .delete(key: [2]),
        ])
        #expect(try store.apply(command) == .done(existed: false))
        #expect(store.value(for: [1]) == StoredValue(value: [3], created: Slot(1), modified: Slot(1)))
        #expect(store.digest == store.recomputedDigest())
    }

    @Test func orderOfCommandsIsPartOfTheState() throws {
        func state(_ values: [UInt8]) throws -> KeyValueStore {
            var store = KeyValueStore()
            for value in values { _ = try store.apply(.set(key: [1], value: [value])) }
            return store
        }
        #expect(try state([1, 2]).digest != state([2, 1]).digest)
        #expect(try state([1, 2]).digest == state([3, 2]).digest, "what was overwritten leaves nothing behind")
        #expect(try state([1, 2]).digest != state([2]).digest, "the slots count")
    }

    @Test func sameBytesAtOtherPlacesGiveOtherDigests() throws {
        var digests: Set<StateDigest> = []
        let pairs: [([UInt8], [UInt8])] = [
            ([1], [2, 3]), ([1, 2], [3]), ([1, 2, 3], []), ([2], [1, 3]), ([3], [1, 2]), ([1, 0], [2, 3]),
        ]
        for (key, value) in pairs {
            var store = KeyValueStore()
            _ = try store.apply(.set(key: key, value: value))
            digests.insert(store.digest)
        }
        var store = KeyValueStore()
        _ = try store.apply(.set(key: [1], value: [2]))
        _ = try store.apply(.set(key: [3], value: [4]))
        digests.insert(store.digest)
        store = KeyValueStore()
        _ = try store.apply(.set(key: [1], value: [4]))
        _ = try store.apply(.set(key: [3], value: [2]))
        digests.insert(store.digest)
        #expect(digests.count == pairs.count + 2)
    }

    /// Nodes compare their digests with those of other versions of this program.
    @Test func digestOfAStateNeverChanges() throws {
        var store = KeyValueStore()
        _ = try store.apply(.set(key: Array("key".utf8), value: Array("value".utf8)))
        #expect("\(store.digest)" == "49856c109bfa7d31dd75828f7b460a2f")
        let session = SessionID(node: NodeID(1), incarnation: .first, boot: 1_700_000_000_000)
        _ = try store.apply(.set(key: [0], value: []), session: session, sequence: 3)
        #expect("\(store.digest)" == "32767998e04fb87a633a80d142d9d169")
        #expect(StateDigest(bytes: store.digest.bytes) == store.digest)
        #expect(StateDigest(bytes: [1]) == nil)
        #expect("\(StateDigest())" == "00000000000000000000000000000000")
    }

    @Test func timeNeverRunsBack() throws {
        var store = KeyValueStore()
        for (time, effective): (UInt64, UInt64) in [(5, 5), (3, 5), (9, 9), (0, 9)] {
            _ = store.skip(slot: store.appliedThrough.next, time: time, session: nobody, sequence: 0)
            #expect(store.effectiveTime == effective)
        }
    }

    @Test func unknownCommandChangesNothing() throws {
        var store = KeyValueStore()
        _ = try store.apply(.set(key: [1], value: [1]))
        let before = store.digest
        var bytes = try Command.delete(key: [1]).encoded()
        bytes[0] = 2
        let session = SessionID(node: NodeID(0), incarnation: .first, boot: 1)
        #expect(throws: CommandError.unsupportedVersion(2)) {
            try store.apply(bytes, time: 9, session: session, sequence: 1)
        }
        #expect(store.digest == before)
        #expect(store.appliedThrough == Slot(1))
        #expect(store.effectiveTime == 0)
        #expect(store.sessionCount == 0)
    }

    @Test func copyIsNotChangedByWritesToTheOriginal() throws {
        var store = KeyValueStore()
        for key in 0..<200 as Range<UInt8> { _ = try store.apply(.set(key: [key], value: [key])) }
        let copy = store
        for key in 0..<200 as Range<UInt8> where key % 3 == 0 { _ = try store.apply(.delete(key: [key])) }
        #expect(copy.count == 200)
        #expect(copy.digest == copy.recomputedDigest())
        #expect(store.count == 133)
        #expect(store.digest == store.recomputedDigest())
    }

    @Test func gapInSlotsIsABrokenInvariant() async {
        await #expect(processExitsWith: .failure) {
            var store = KeyValueStore()
            _ = store.skip(slot: Slot(2), time: 0, session: nobody, sequence: 0)
        }
        await #expect(processExitsWith: .failure) {
            var store = KeyValueStore()
            _ = store.skip(slot: Slot(1), time: 0, session: nobody, sequence: 0)
            _ = store.skip(slot: Slot(1), time: 0, session: nobody, sequence: 0)
        }
    }
}

let nobody = SessionID(node: NodeID(0), incarnation: .learner, boot: 0)

extension KeyValueStore {
    /// Applies in the next slot, at time zero.
    mutating func apply(
        _ command: Command, session: SessionID = nobody, sequence: UInt64 = 0
    ) throws(CommandError) -> Outcome {
        try apply(command.encoded(), time: 0, session: session, sequence: sequence)
    }

    mutating func apply(
        _ bytes: [UInt8], time: UInt64, session: SessionID, sequence: UInt64
    ) throws(CommandError) -> Outcome {
        try apply(
            slot: appliedThrough.next, time: time, session: session, sequence: sequence, command: bytes.span.bytes)
    }
}
