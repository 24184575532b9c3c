// What a client asks the state machine for, all of it in one slot: conditions, the operations that are carried out when
// every condition holds, and what the answer tells. It says nothing of who asked, and never touches the state itself.

package import Paxos

package struct Command: Equatable, Sendable {
    /// What must hold before anything is carried out. All conditions look at the state before the first operation.
    package enum Condition: Equatable, Sendable {
        case keyIsAbsent(key: [UInt8])
        case valueEquals(key: [UInt8], value: [UInt8])
        /// The key is there and was last written in this slot.
        case modifiedSlotEquals(key: [UInt8], slot: Slot)
    }

    /// Carried out in order; a later one sees what an earlier one did.
    package enum Operation: Equatable, Sendable {
        case set(key: [UInt8], value: [UInt8])
        case delete(key: [UInt8])
    }

    package enum ResultRule: UInt8, Sendable, CaseIterable {
        /// The answer tells whether the key of the first operation was there before the command.
        case existed = 1
    }

    package var conditions: [Condition]
    package var operations: [Operation]
    package var resultRule: ResultRule

    package init(conditions: [Condition] = [], operations: [Operation], resultRule: ResultRule = .existed) {
        self.conditions = conditions
        self.operations = operations
        self.resultRule = resultRule
    }

    package static func set(key: [UInt8], value: [UInt8]) -> Command {
        Command(operations: [.set(key: key, value: value)])
    }

    package static func delete(key: [UInt8]) -> Command {
        Command(operations: [.delete(key: key)])
    }
}

extension Command {
    package static let longestKey = 4096
    package static let longestValue = 1 << 20
    /// Bytes of an encoded command: an entry is at most 4 MiB, and its header takes 48 of them.
    package static let longest = (4 << 20) - 48
    package static let mostConditions = 1024
    package static let mostOperations = 1024
}

extension Command.Condition {
    package var key: [UInt8] {
        switch self {
        case .keyIsAbsent(let key), .valueEquals(let key, _), .modifiedSlotEquals(let key, _): key
        }
    }

    /// The value that it compares with; empty where it compares none.
    var value: [UInt8] {
        if case .valueEquals(_, let value) = self { value } else { [] }
    }
}

extension Command.Operation {
    package var key: [UInt8] {
        switch self {
        case .set(let key, _), .delete(let key): key
        }
    }

    /// The value that it writes; empty where it writes none.
    var value: [UInt8] {
        if case .set(_, let value) = self { value } else { [] }
    }
}
