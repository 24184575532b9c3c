import Paxos
import Testing

@testable import StateMachine

@Suite struct CommandTests {
    private static let key = Array("k".utf8)
    private static let value = Array("vw".utf8)

    static let golden: [(Command, String)] = [
        (
            .set(key: key, value: value),
            "01 01 0000 0100 0000  01 00 0100 02000000 00000000 0000000000000000 6b 7677"
        ),
        (
            .set(key: [0xFF, 0], value: []),
            "01 01 0000 0100 0000  01 00 0200 00000000 00000000 0000000000000000 ff00"
        ),
        (
            .delete(key: key),
            "01 01 0000 0100 0000  02 00 0100 00000000 00000000 0000000000000000 6b"
        ),
        (
            Command(conditions: [.keyIsAbsent(key: key)], operations: [.set(key: key, value: value)]),
            """
            01 01 0100 0100 0000  01 00 0100 00000000 00000000 0000000000000000 6b
            01 00 0100 02000000 00000000 0000000000000000 6b 7677
            """
        ),
        (
            Command(
                conditions: [
                    .valueEquals(key: key, value: value), .modifiedSlotEquals(key: [0], slot: Slot(0x0102_0304)),
                ],
                operations: [.delete(key: key), .set(key: key, value: [7])]),
            """
            01 01 0200 0200 0000  02 00 0100 02000000 00000000 0000000000000000 6b 7677
            03 00 0100 00000000 00000000 0403020100000000 00
            02 00 0100 00000000 00000000 0000000000000000 6b
            01 00 0100 01000000 00000000 0000000000000000 6b 07
            """
        ),
    ]

    @Test(arguments: golden) func bytesNeverChange(_ command: Command, _ hexadecimal: String) throws {
        let bytes = Self.bytes(hexadecimal)
        #expect(try command.encoded() == bytes)
        #expect(command.encodedLength == bytes.count)
        #expect(try Self.decode(bytes) == command)
    }

    @Test(arguments: awkwardKeys) func anyBytesComeBack(_ key: [UInt8]) throws {
        let command = Command(
            conditions: [.keyIsAbsent(key: key), .valueEquals(key: key, value: key)],
            operations: [.set(key: key, value: key), .delete(key: key)])
        #expect(try Self.decode(command.encoded()) == command)
    }

    @Test func limitsHoldWhenEncoding() {
        let longest = [UInt8](repeating: 1, count: Command.longestValue)
        #expect(throws: Never.self) {
            try Command.set(key: [UInt8](repeating: 0, count: 4096), value: longest).encoded()
        }
        #expect(throws: CommandError.keyTooLong(4097)) {
            try Command.delete(key: [UInt8](repeating: 0, count: 4097)).encoded()
        }
        #expect(throws: CommandError.emptyKey) { try Command.set(key: [], value: [1]).encoded() }
        #expect(throws: CommandError.emptyKey) {
            try Command(conditions: [.keyIsAbsent(key: [])], operations: [.delete(key: [1])]).encoded()
        }
        #expect(throws: CommandError.valueTooLong(1 << 20 + 1)) {
            try Command.set(key: [1], value: longest + [1]).encoded()
        }
        #expect(throws: CommandError.noOperation) { try Command(operations: []).encoded() }
        #expect(throws: CommandError.tooManyOperations(1025)) {
            try Command(operations: Array(repeating: .delete(key: [1]), count: 1025)).encoded()
        }
        #expect(throws: CommandError.tooManyConditions(1025)) {
            try Command(
                conditions: Array(repeating: .keyIsAbsent(key: [1]), count: 1025), operations: [.delete(key: [1])]
            ).encoded()
        }
    }

    /// An entry adds 48 bytes and may be 4 MiB long.
    @Test func longestCommandFillsAnEntry() throws {
        let largest = Command.Operation.set(key: [1], value: [UInt8](repeating: 1, count: Command.longestValue))
        let room = Command.longest - Command.headerLength - 3 * (Command.itemLength + 1 + Command.longestValue)
        func filled(_ more: Int) -> Command {
            let value = [UInt8](repeating: 1, count: room - Command.itemLength - 1 + more)
            return Command(operations: [largest, largest, largest, .set(key: [1], value: value)])
        }
        #expect(try filled(0).encoded().count == 4 << 20 - 48)
        #expect(throws: CommandError.tooLong(Command.longest + 1)) { try filled(1).encoded() }
        let bytes = [UInt8](repeating: 0, count: Command.longest + 1)
        #expect(throws: CommandError.tooLong(Command.longest + 1)) { try Self.decode(bytes) }
    }

    static let refused: [(String, CommandError)] = [
        ("", .truncated),
        ("01", .truncated),
        ("02", .unsupportedVersion(2)),
        ("ff 01 0000 0100 0000", .unsupportedVersion(255)),
        ("01 00 0000 0100 0000", .unknownResultRule(0)),
        ("01 02 0000 0100 0000", .unknownResultRule(2)),
        ("01 01 0000 0000 0000", .noOperation),
        ("01 01 0000 0104 0000", .tooManyOperations(1025)),
        ("01 01 0104 0100 0000", .tooManyConditions(1025)),
        ("01 01 0000 0100 0100", .reservedBytesInUse),
        ("01 01 0000 0100 0000", .truncated),
        ("01 01 0000 0100 0000  02 00 0100 00000000 00000000 00000000000000", .truncated),
        ("01 01 0000 0100 0000  02 00 0100 00000000 00000000 0000000000000000", .truncated),
        ("01 01 0000 0100 0000  02 00 0100 00000000 00000000 0000000000000000 6b00", .trailingBytes(1)),
        ("01 01 0000 0100 0000  00 00 0100 00000000 00000000 0000000000000000 6b", .unknownOperation(0)),
        ("01 01 0000 0100 0000  03 00 0100 00000000 00000000 0000000000000000 6b", .unknownOperation(3)),
        ("01 01 0100 0100 0000  04 00 0100 00000000 00000000 0000000000000000 6b", .unknownCondition(4)),
        ("01 01 0000 0100 0000  02 00 0000 00000000 00000000 0000000000000000", .emptyKey),
        ("01 01 0000 0100 0000  02 00 0110 00000000 00000000 0000000000000000", .keyTooLong(4097)),
        ("01 01 0000 0100 0000  01 00 0100 01001000 00000000 0000000000000000", .valueTooLong(1 << 20 + 1)),
        ("01 01 0000 0100 0000  01 00 0100 ffffffff 00000000 0000000000000000", .valueTooLong(1 << 32 - 1)),
        // A namespace, an expiry, the byte behind the kind, and arguments that a kind does not take.
        ("01 01 0000 0100 0000  02 00 0100 00000000 01000000 0000000000000000 6b", .reservedBytesInUse),
        ("01 01 0000 0100 0000  02 00 0100 00000000 00000000 0100000000000000 6b", .reservedBytesInUse),
        ("01 01 0000 0100 0000  01 00 0100 00000000 00000000 0000000000000080 6b", .reservedBytesInUse),
        ("01 01 0000 0100 0000  02 01 0100 00000000 00000000 0000000000000000 6b", .reservedBytesInUse),
        ("01 01 0000 0100 0000  02 00 0100 01000000 00000000 0000000000000000 6b6c", .reservedBytesInUse),
        ("01 01 0100 0100 0000  01 00 0100 01000000 00000000 0000000000000000 6b6c", .reservedBytesInUse),
        ("01 01 0100 0100 0000  02 00 0100 00000000 00000000 0100000000000000 6b", .reservedBytesInUse),
        ("01 01 0100 0100 0000  03 00 0100 01000000 00000000 0000000000000000 6b6c", .reservedBytesInUse),
    ]

    @Test(arguments: refused) func wrongBytesAreRefusedByName(_ hexadecimal: String, _ error: CommandError) {
        let bytes = Self.bytes(hexadecimal)
        #expect(throws: error) { try Self.decode(bytes) }
        #expect(!"\(error)".isEmpty)
    }

    /// Whatever is read must be the one way to write it; else two nodes could hold the same command as other bytes.
    @Test(arguments: 0..<10) func mutatedBytesAreRefusedOrReadAsTheyAre(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var read = 0
        for _ in 0..<10_000 {
            let template = Self.golden[random.below(Self.golden.count)].1
            var bytes = Self.bytes(template)
            for _ in 0...random.below(3) {
                let at = random.below(max(bytes.count, 1))
                switch random.below(6) {
                case 0 where !bytes.isEmpty: bytes[at] ^= 1 << UInt8(random.below(8))
                case 1 where !bytes.isEmpty: bytes[at] = UInt8(random.below(256))
                case 2: bytes.removeLast(min(bytes.count, random.below(8)))
                case 3: bytes.insert(contentsOf: random.bytes(random.below(24)), at: min(at, bytes.count))
                case 4 where !bytes.isEmpty: bytes.remove(at: at)
                default: bytes.append(contentsOf: bytes.dropFirst(random.below(bytes.count + 1)))
                }
            }
            expectSingleSet(in: bytes)
            guard let command = try? Self.decode(bytes) else { continue }
            read += 1
            #expect(try command.encoded() == bytes)
        }
        #expect(read > 100, "some mutations leave a command, or this test looks at nothing")
    }

    /// What is carried out in place is just what would have been decoded to one set and nothing else.
    private func expectSingleSet(in bytes: [UInt8]) {
        let found = SingleSet(in: bytes.span.bytes).map { [Array(bytes[$0.key]), Array(bytes[$0.value])] }
        var expected: [[UInt8]]?
        if let command = try? Self.decode(bytes), command.conditions.isEmpty, command.operations.count == 1,
            case .set(let key, let value) = command.operations[0]
        {
            expected = [key, value]
        }
        #expect(found == expected)
    }

    @Test func aCommandThatSetsOneKeyIsFoundInPlace() throws {
        for (command, _) in Self.golden { expectSingleSet(in: try command.encoded()) }
        let bytes = try Command.set(key: Self.key, value: Self.value).encoded()
        #expect(SingleSet(in: bytes.span.bytes) != nil)
    }

    private static func decode(_ bytes: [UInt8]) throws(CommandError) -> Command {
        try Command(decoding: bytes.span.bytes)
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        [UInt8](hexadecimal: hexadecimal.filter { !$0.isWhitespace })!
    }
}
