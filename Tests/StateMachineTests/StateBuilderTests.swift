import Paxos
import Testing

@testable import StateMachine

@Suite struct StateBuilderTests {
    /// What a snapshot keeps of a store, put together again.
    private static func rebuild(_ store: KeyValueStore, bound: UInt64 = 50) throws -> KeyValueStore {
        var builder = StateBuilder()
        builder.add(Array(store.sortedKeys()))
        return try builder.finish(store.summary, sessions: store.encodedSessions, sessionBound: bound)
    }

    /// Applies what chance gives, the same to both stores where there are two.
    private static func step(
        _ store: inout KeyValueStore, _ other: inout KeyValueStore, _ random: inout SeededGenerator
    ) throws {
        let key =
            random.happens(one: 4) ? awkwardKeys[random.below(awkwardKeys.count)] : random.bytes(1 + random.below(3))
        let command: Command =
            random.happens(one: 3) ? .delete(key: key) : .set(key: key, value: random.bytes(random.below(30)))
        let session = SessionID(
            node: NodeID(UInt16(random.below(3))), incarnation: .first, boot: UInt64(1 + random.below(2)))
        let sequence = UInt64(random.below(60)) + store.appliedThrough.rawValue / 20
        let bytes = try command.encoded()
        let time = UInt64(random.below(1_000))
        let outcome = try store.apply(bytes, time: time, session: session, sequence: sequence)
        #expect(try other.apply(bytes, time: time, session: session, sequence: sequence) == outcome)
    }

    @Test(arguments: 0..<8) func aRebuiltStateGoesOnAsTheOneThatItWasTakenFrom(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var store = KeyValueStore(sessionBound: 50)
        var rebuilt = store
        for _ in 0..<6 {
            for _ in 0..<random.below(400) { try Self.step(&store, &rebuilt, &random) }
            rebuilt = try Self.rebuild(store)
            #expect(rebuilt.summary == store.summary)
            #expect(rebuilt.encodedSessions == store.encodedSessions)
            #expect(Array(rebuilt.sortedKeys()).map(\.stored) == Array(store.sortedKeys()).map(\.stored))
        }
        for _ in 0..<400 { try Self.step(&store, &rebuilt, &random) }
        #expect(rebuilt.summary == store.summary && rebuilt.digest == rebuilt.recomputedDigest())
    }

    @Test func keysStayAsTheyWereWhileTheStoreIsWrittenTo() throws {
        var store = KeyValueStore()
        for number in 0..<500 { _ = try store.apply(.set(key: Array("\(number)".utf8), value: [1])) }
        let before = Array(store.sortedKeys()).map(\.key)
        var keys = store.sortedKeys()
        var found: [[UInt8]] = []
        while let (key, stored) = keys.next() {
            found.append(key)
            #expect(stored.value == [1])
            _ = try store.apply(.delete(key: key))
            _ = try store.apply(.set(key: key + [0], value: [2]))
        }
        #expect(found == before)
    }

    @Test func anotherStateThanTheDigestNamesIsRefused() throws {
        var store = KeyValueStore()
        for number in 0..<20 { _ = try store.apply(.set(key: [UInt8(number)], value: [1])) }
        let sessions = store.encodedSessions
        func build(_ keys: [(key: [UInt8], stored: StoredValue)]) throws {
            var builder = StateBuilder()
            builder.add(keys)
            _ = try builder.finish(store.summary, sessions: sessions)
        }
        var keys = Array(store.sortedKeys())
        try build(keys)
        keys[3].stored.value = [2]
        #expect(throws: StateBuilderError.self) { try build(keys) }
        #expect(throws: StateBuilderError.self) { try build(Array(store.sortedKeys()).dropLast()) }
    }

    @Test func everyCutAndEveryOtherBoundOfSessionsIsRefused() throws {
        var store = KeyValueStore(sessionBound: 50)
        for sequence: UInt64 in [1, 5, 9, 3] {
            _ = try store.apply(
                .set(key: [1], value: []), session: SessionID(node: NodeID(2), incarnation: .first, boot: 7),
                sequence: sequence)
        }
        let bytes = store.encodedSessions
        #expect(throws: Never.self) { try Sessions(decoding: bytes, bound: 50) }
        #expect(throws: StateBuilderError.malformedSessions) { try Sessions(decoding: bytes, bound: 51) }
        #expect(throws: StateBuilderError.malformedSessions) { try Sessions(decoding: bytes + [0], bound: 50) }
        for length in 0..<bytes.count {
            #expect(throws: StateBuilderError.malformedSessions) {
                try Sessions(decoding: Array(bytes[..<length]), bound: 50)
            }
        }
    }
}
