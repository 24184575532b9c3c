// A node's folder as one log: the blocks of the chosen log, and behind them what only the journal holds. It reads from
// slot to slot, holds one block at a time, and never writes.

import Paxos
import PaxosLog
import StateMachine
import SystemPackage

struct NodeLog {
    let directory: FilePath
    let name: String
    let reader: ChosenLogReader
    let journalDirectory: FilePath
    let identity: Identity?
    /// Why there is no identity, where it can't be read.
    let identityDamage: Damage?
    private let fileSystem: any FileSystem

    /// - Throws: `Failure` when there is no such folder, or it is no node's.
    init(_ path: String, fileSystem: any FileSystem = PosixFileSystem()) throws {
        directory = FilePath(path)
        self.fileSystem = fileSystem
        name = directory.lastComponent?.string ?? path
        let logDirectory = directory.appending("log")
        journalDirectory = directory.appending("journal")
        guard try fileSystem.exists(directory) else { throw Failure.noInput("\(path): there is no such folder") }
        guard try fileSystem.exists(logDirectory) || fileSystem.exists(journalDirectory) else {
            throw Failure.noInput("\(path): it is no node's folder: there is neither log/ nor journal/ in it")
        }
        (identity, identityDamage) = try NodeLog.identity(directory, fileSystem)
        reader = ChosenLogReader(fileSystem, directory: logDirectory, cluster: identity?.cluster)
    }

    private static func identity(
        _ directory: FilePath, _ fileSystem: any FileSystem
    ) throws -> (Identity?, Damage?) {
        let file = directory.appending(Identity.fileName)
        do {
            if let identity = try Identity.read(fileSystem, directory) { return (identity, nil) }
            let reason = "there is no identity, so that nothing says whose folder it is"
            return (nil, Damage(kind: .gap, file: file, offset: 0, slots: nil, reason: reason))
        } catch StorageError.corrupt(let damage) {
            return (nil, damage)
        } catch StorageError.unsupportedVersion(_, let found, _) {
            let reason = "it is of version \(found)"
            return (nil, Damage(kind: .unknownVersion, file: file, offset: 0, slots: nil, reason: reason))
        }
    }

    /// An entry where it was found.
    struct Entry {
        var view: EntryView
        var state: EntryText.State
        /// The bytes that `view` points into.
        var bytes: [UInt8]
        var start: Int

        var line: String { EntryText.line(view, state, in: bytes, command: CommandText.text(ofEncoded:)) }

        var command: Command? {
            guard view.kind == .command else { return nil }
            return try? Command(decoding: bytes.span.bytes.extracting(view.payload))
        }

        /// The encoded entry: equal on all nodes that agree on the slot.
        var encoded: ArraySlice<UInt8> { bytes[start..<view.end] }
    }

    enum Finding {
        case entry(Entry)
        case damage(Damage)
    }

    func journal(above slot: Slot) throws -> JournalView {
        let journal = identity.map { JournalIdentity(node: $0.node, journal: $0.journal) }
        return try JournalView.read(fileSystem, journalDirectory, identity: journal, above: slot)
    }

    /// Everything from `from` on, in order: damage of the log where it stands, and that of the journal at the end.
    /// `body` returns false to stop.
    func read(from: Slot, _ body: (Finding) throws -> Bool) throws {
        var next = from
        while true {
            var cursor = try reader.cursor(from: next, depth: .payloads)
            while let finding = try cursor.next() {
                switch finding {
                case .damage(let damage):
                    if let slots = damage.slots, slots.upperBound < next { continue }
                    next = max(next, damage.slots?.upperBound.next ?? next)
                    guard try body(.damage(damage)) else { return }
                case .block(let block):
                    guard let raw = block.raw, block.slots.upperBound >= next else { continue }
                    guard try give(raw.bytes, .chosen, from: next, body) else { return }
                    next = block.slots.upperBound.next
                }
            }
            let view = try journal(above: next.previous)
            // Between the two readings the node may have moved entries from the journal to the log.
            let first = (view.chosen.first ?? view.accepted.first)?.firstSlot ?? view.logThrough.next
            if first > next, let last = try reader.lastBlock(), last.slots.upperBound >= next { continue }
            for run in view.chosen where try !give(run.body, .chosen, from: next, body) { return }
            for run in view.accepted where try !give(run.body, .accepted, from: next, body) { return }
            for damage in view.damage where try !body(.damage(damage)) { return }
            return
        }
    }

    private func give(
        _ bytes: [UInt8], _ state: EntryText.State, from: Slot, _ body: (Finding) throws -> Bool
    ) throws -> Bool {
        var offset = 0
        while offset < bytes.count {
            let view = try EntryView(in: bytes.span.bytes, at: offset)
            if view.slot >= from {
                guard try body(.entry(Entry(view: view, state: state, bytes: bytes, start: offset))) else {
                    return false
                }
            }
            offset = view.end
        }
        return true
    }
}
