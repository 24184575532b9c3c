// Why bytes are not a command, or a command cannot be written as bytes. A command that was chosen and cannot be read
// stops the node: passing over it would let the nodes' states part.

package enum CommandError: Error, Equatable, Sendable {
    case emptyKey
    /// Longer than `Command.longestKey`.
    case keyTooLong(Int)
    /// Longer than `Command.longestValue`.
    case valueTooLong(Int)
    /// Longer than `Command.longest` when encoded.
    case tooLong(Int)
    case noOperation
    case tooManyConditions(Int)
    case tooManyOperations(Int)
    /// The bytes end before the command does.
    case truncated
    case trailingBytes(Int)
    case unsupportedVersion(UInt8)
    case unknownCondition(UInt8)
    case unknownOperation(UInt8)
    case unknownResultRule(UInt8)
    /// Something stands where this version writes zeros: a namespace, an expiry, an argument that the kind does not take.
    case reservedBytesInUse
}

extension CommandError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .emptyKey: "a key holds at least one byte"
        case .keyTooLong(let count): "a key of \(count) bytes is longer than \(Command.longestKey)"
        case .valueTooLong(let count): "a value of \(count) bytes is longer than \(Command.longestValue)"
        case .tooLong(let count): "a command of \(count) bytes is longer than \(Command.longest)"
        case .noOperation: "a command holds at least one operation"
        case .tooManyConditions(let count): "\(count) conditions are more than \(Command.mostConditions)"
        case .tooManyOperations(let count): "\(count) operations are more than \(Command.mostOperations)"
        case .truncated: "the command ends too early"
        case .trailingBytes(let count): "\(count) bytes stand behind the command"
        case .unsupportedVersion(let version): "command version \(version) is not known to this program"
        case .unknownCondition(let kind): "condition kind \(kind) is not known to this program"
        case .unknownOperation(let kind): "operation kind \(kind) is not known to this program"
        case .unknownResultRule(let rule): "result rule \(rule) is not known to this program"
        case .reservedBytesInUse: "reserved bytes of the command are in use"
        }
    }
}
