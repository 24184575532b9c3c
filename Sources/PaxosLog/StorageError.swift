// Why the disk could not do what was asked. What was found damaged while reading is a value, `Damage`; it becomes an
// error only where reading cannot go on.

package import Paxos
package import SystemPackage

package enum StorageError: Error, Equatable {
    /// The system refused: which call, on which path, why.
    case io(Errno, operation: String, path: FilePath)
    case corrupt(Damage)
    case unsupportedVersion(file: FilePath, found: UInt32, supported: UInt32)
    /// The file belongs to another node, cluster or life of this disk.
    case foreign(file: FilePath, reason: String)
    /// What must be there is not.
    case missing(file: FilePath, reason: String)
}

/// One place where a file does not hold what it should.
package struct Damage: Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// Never acknowledged: the end of a write that a crash cut short.
        case tornTail = "torn tail"
        /// Was durable once, and is not what was written.
        case corrupt = "corrupt"
        /// Slots that no file holds.
        case gap = "gap"
        /// Made by another node, cluster or life of this disk.
        case foreign = "foreign file"
        case unknownVersion = "unknown version"
    }

    package var kind: Kind
    package var file: FilePath
    package var offset: UInt64
    /// The slots that are lost by it, where they can be told.
    package var slots: ClosedRange<Slot>?
    package var reason: String

    package init(kind: Kind, file: FilePath, offset: UInt64, slots: ClosedRange<Slot>?, reason: String) {
        self.kind = kind
        self.file = file
        self.offset = offset
        self.slots = slots
        self.reason = reason
    }

    /// The segment of the chosen log that is damaged; nil when it is another file.
    package var segment: SegmentName? { file.lastComponent.flatMap { SegmentName($0.string) } }
}

extension StorageError {
    /// Whether the disk was full, and nothing that counts is in doubt: room is found wanting where something is to be
    /// written, and a sync that fails is final, whatever its reason.
    package var isLackOfRoom: Bool {
        if case .io(.noSpace, let operation, _) = self {
            operation != "sync" && operation != "syncDirectory"
        } else {
            false
        }
    }

    /// What is damaged, where damage is the reason.
    package var damage: Damage? {
        switch self {
        case .corrupt(let damage): damage
        case .io(.ioError, operation: "read", let file): .unreadable(file)
        default: nil
        }
    }
}

extension Damage {
    /// A file that the system can't read counts as damaged.
    static func unreadable(_ file: FilePath) -> Damage {
        Damage(kind: .corrupt, file: file, offset: 0, slots: nil, reason: "the system can't read it")
    }
}
