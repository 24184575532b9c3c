// A command as bytes: a header of 8, then each condition and each operation as an item of 20 and its key and value.
// Integers are little-endian. One command has exactly one encoding, and nothing else is read.
//
//     command    version u8 (1), result rule u8, conditions u16, operations u16, zero u16, items
//     item       kind u8, zero u8, key length u16, value length u32, namespace u32 (0), number u64, key, value
//     condition  1 key is absent, 2 value equals, 3 modified slot equals (the slot is the number)
//     operation  1 set, 2 delete (the number is the expiry, and 0)

import Paxos

extension Command {
    package static let currentVersion: UInt8 = 1
    package static let headerLength = 8
    package static let itemLength = 20

    fileprivate enum Kind {
        static let keyIsAbsent: UInt8 = 1
        static let valueEquals: UInt8 = 2
        static let modifiedSlotEquals: UInt8 = 3
        static let set: UInt8 = 1
        static let delete: UInt8 = 2
    }

    /// Bytes that `encoded()` would give, whether or not the limits allow them.
    package var encodedLength: Int {
        var length = Command.headerLength
        for condition in conditions { length += Command.itemLength + condition.key.count + condition.value.count }
        for operation in operations { length += Command.itemLength + operation.key.count + operation.value.count }
        return length
    }

    /// - Throws: `CommandError` when the command is outside the limits. What is encoded can always be decoded.
    package func encoded() throws(CommandError) -> [UInt8] {
        try validate()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encodedLength)
        bytes.append(Command.currentVersion)
        bytes.append(resultRule.rawValue)
        bytes.appendLittleEndian(UInt16(conditions.count))
        bytes.appendLittleEndian(UInt16(operations.count))
        bytes.appendLittleEndian(UInt16(0))
        for condition in conditions {
            let (kind, number): (UInt8, UInt64) =
                switch condition {
                case .keyIsAbsent: (Kind.keyIsAbsent, 0)
                case .valueEquals: (Kind.valueEquals, 0)
                case .modifiedSlotEquals(_, let slot): (Kind.modifiedSlotEquals, slot.rawValue)
                }
            bytes.appendItem(kind: kind, number: number, key: condition.key, value: condition.value)
        }
        for operation in operations {
            let kind =
                switch operation {
                case .set: Kind.set
                case .delete: Kind.delete
                }
            bytes.appendItem(kind: kind, number: 0, key: operation.key, value: operation.value)
        }
        return bytes
    }

    /// - Throws: `CommandError` for the first limit that the command is outside of.
    package func validate() throws(CommandError) {
        guard !operations.isEmpty else { throw .noOperation }
        guard operations.count <= Command.mostOperations else { throw .tooManyOperations(operations.count) }
        guard conditions.count <= Command.mostConditions else { throw .tooManyConditions(conditions.count) }
        for condition in conditions {
            try Command.checkLengths(key: condition.key.count, value: condition.value.count)
        }
        for operation in operations {
            try Command.checkLengths(key: operation.key.count, value: operation.value.count)
        }
        guard encodedLength <= Command.longest else { throw .tooLong(encodedLength) }
    }

    private static func checkLengths(key: Int, value: Int) throws(CommandError) {
        guard key > 0 else { throw .emptyKey }
        guard key <= Command.longestKey else { throw .keyTooLong(key) }
        guard value <= Command.longestValue else { throw .valueTooLong(value) }
    }

    /// Reads a whole command. Lengths are checked before anything is allocated.
    package init(decoding bytes: RawSpan) throws(CommandError) {
        guard bytes.byteCount <= Command.longest else { throw .tooLong(bytes.byteCount) }
        guard bytes.byteCount > 0 else { throw .truncated }
        // The version comes first, so that a later one is refused by name and not by what it happens to look like.
        let version = bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt8.self)
        guard version == Command.currentVersion else { throw .unsupportedVersion(version) }
        guard bytes.byteCount >= Command.headerLength else { throw .truncated }
        let rule = bytes.unsafeLoadUnaligned(fromByteOffset: 1, as: UInt8.self)
        guard let resultRule = ResultRule(rawValue: rule) else { throw .unknownResultRule(rule) }
        let conditionCount = Int(bytes.littleEndian(at: 2, as: UInt16.self))
        let operationCount = Int(bytes.littleEndian(at: 4, as: UInt16.self))
        guard bytes.littleEndian(at: 6, as: UInt16.self) == 0 else { throw .reservedBytesInUse }
        guard operationCount > 0 else { throw .noOperation }
        guard operationCount <= Command.mostOperations else { throw .tooManyOperations(operationCount) }
        guard conditionCount <= Command.mostConditions else { throw .tooManyConditions(conditionCount) }

        var offset = Command.headerLength
        var conditions: [Condition] = []
        for _ in 0..<conditionCount {
            let item = try Item(in: bytes, at: &offset)
            conditions.append(try Command.condition(from: item))
        }
        var operations: [Operation] = []
        operations.reserveCapacity(min(operationCount, (bytes.byteCount - offset) / Command.itemLength))
        for _ in 0..<operationCount {
            let item = try Item(in: bytes, at: &offset)
            operations.append(try Command.operation(from: item))
        }
        guard offset == bytes.byteCount else { throw .trailingBytes(bytes.byteCount - offset) }
        self.init(conditions: conditions, operations: operations, resultRule: resultRule)
    }

    private static func condition(from item: Item) throws(CommandError) -> Condition {
        switch item.kind {
        case Kind.keyIsAbsent:
            guard item.number == 0, item.value.isEmpty else { throw .reservedBytesInUse }
            return .keyIsAbsent(key: item.key)
        case Kind.valueEquals:
            guard item.number == 0 else { throw .reservedBytesInUse }
            return .valueEquals(key: item.key, value: item.value)
        case Kind.modifiedSlotEquals:
            guard item.value.isEmpty else { throw .reservedBytesInUse }
            return .modifiedSlotEquals(key: item.key, slot: Slot(item.number))
        default:
            throw .unknownCondition(item.kind)
        }
    }

    private static func operation(from item: Item) throws(CommandError) -> Operation {
        switch item.kind {
        case Kind.set:
            guard item.number == 0 else { throw .reservedBytesInUse }
            return .set(key: item.key, value: item.value)
        case Kind.delete:
            guard item.number == 0, item.value.isEmpty else { throw .reservedBytesInUse }
            return .delete(key: item.key)
        default:
            throw .unknownOperation(item.kind)
        }
    }

    /// A condition or an operation before its kind is looked at.
    private struct Item {
        let kind: UInt8
        let number: UInt64
        let key: [UInt8]
        let value: [UInt8]

        /// Reads the item at `offset` and moves `offset` behind it.
        init(in bytes: RawSpan, at offset: inout Int) throws(CommandError) {
            guard bytes.byteCount - offset >= Command.itemLength else { throw .truncated }
            let keyLength = Int(bytes.littleEndian(at: offset + 2, as: UInt16.self))
            let valueLength = Int(bytes.littleEndian(at: offset + 4, as: UInt32.self))
            try Command.checkLengths(key: keyLength, value: valueLength)
            let keyStart = offset + Command.itemLength
            guard keyLength + valueLength <= bytes.byteCount - keyStart else { throw .truncated }
            let isReserved =
                bytes.littleEndian(at: offset + 1, as: UInt8.self) != 0
                || bytes.littleEndian(at: offset + 8, as: UInt32.self) != 0
            guard !isReserved else { throw .reservedBytesInUse }
            kind = bytes.littleEndian(at: offset, as: UInt8.self)
            number = bytes.littleEndian(at: offset + 12, as: UInt64.self)
            key = bytes.copy(keyStart..<(keyStart + keyLength))
            offset = keyStart + keyLength + valueLength
            value = bytes.copy((keyStart + keyLength)..<offset)
        }
    }
}

/// Where key and value lie in the bytes of a command that sets one key and does nothing else. Most do, and are carried out
/// without being copied.
struct SingleSet {
    let key: Range<Int>
    let value: Range<Int>

    /// The bytes before the item: version, the rule `existed`, no condition, one operation.
    private static let header =
        1 << 32 | UInt64(Command.ResultRule.existed.rawValue) << 8 | UInt64(Command.currentVersion)

    /// Nil for every other command, and for what is none.
    init?(in bytes: RawSpan) {
        let start = Command.headerLength + Command.itemLength
        guard bytes.byteCount >= start, bytes.littleEndian(at: 0, as: UInt64.self) == SingleSet.header,
            bytes.littleEndian(at: 8, as: UInt16.self) == UInt16(Command.Kind.set),
            bytes.littleEndian(at: 16, as: UInt32.self) == 0, bytes.littleEndian(at: 20, as: UInt64.self) == 0
        else { return nil }
        let keyLength = Int(bytes.littleEndian(at: 10, as: UInt16.self))
        let valueLength = Int(bytes.littleEndian(at: 12, as: UInt32.self))
        guard (1...Command.longestKey).contains(keyLength), valueLength <= Command.longestValue,
            bytes.byteCount == start + keyLength + valueLength
        else { return nil }
        key = start..<(start + keyLength)
        value = key.upperBound..<bytes.byteCount
    }
}

extension RawSpan {
    fileprivate func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type) -> T {
        T(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }

    fileprivate func copy(_ range: Range<Int>) -> [UInt8] {
        extracting(range).withUnsafeBytes { [UInt8]($0) }
    }
}

extension [UInt8] {
    fileprivate mutating func appendItem(kind: UInt8, number: UInt64, key: [UInt8], value: [UInt8]) {
        append(kind)
        append(0)
        appendLittleEndian(UInt16(key.count))
        appendLittleEndian(UInt32(value.count))
        appendLittleEndian(UInt32(0))
        appendLittleEndian(number)
        append(contentsOf: key)
        append(contentsOf: value)
    }

    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
