// Writes the chosen log as text into the data folder, for people: under another name first, so that who reads sees all
// of it or the one before. One at a time, on a thread of its own.

import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage

final class LogPrinter: Sendable {
    private static let bufferBytes = 1 << 20

    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let fileSystem: any FileSystem
    private let places: NodeFolder.Places

    init(fileSystem: any FileSystem, places: NodeFolder.Places) {
        self.fileSystem = fileSystem
        self.places = places
    }

    func start() { thread.start() }

    func stop() async throws { try await thread.shutdownGracefully() }

    /// - Parameters:
    ///   - name: a name that `PrintName` has let pass.
    ///   - tail: chosen entries that the log on disk may not hold yet, in order; the log holds all before them.
    func print(to name: String, tail: Run?) async throws -> Slot {
        try await thread.runIfActive { [self] in try write(to: name, tail: tail) }
    }

    private func write(to name: String, tail: Run?) throws -> Slot {
        // A leading dot: no name that can be asked for has one.
        let temporary = places.directory.appending(".printing")
        var output = TextFile(try fileSystem.createAnew(temporary))
        do {
            let reader = ChosenLogReader(fileSystem, directory: places.log)
            let end = tail?.firstSlot
            var next = try reader.segments().first?.firstSlot ?? end ?? .first
            var cursor = try reader.cursor(from: next, depth: .payloads)
            while end.map({ next < $0 }) ?? true, let finding = try cursor.next() {
                switch finding {
                case .damage(let damage): throw StorageError.corrupt(damage)
                case .block(let block):
                    guard let raw = block.raw else { preconditionFailure("a reading of payloads gives payloads") }
                    next = try output.write(entriesOf: raw.bytes, from: next, before: end)
                }
            }
            if let tail { next = try output.write(entriesOf: tail.body, from: next, before: nil) }
            try output.finish()
            try fileSystem.rename(temporary, to: places.directory.appending(name))
            try fileSystem.syncDirectory(places.directory)
            return next.previous
        } catch {
            try? fileSystem.remove(temporary)
            throw error
        }
    }

    private struct TextFile {
        private let file: any File
        private var bytes: [UInt8] = []
        private var size: UInt64 = 0

        init(_ file: any File) {
            self.file = file
        }

        /// - Returns: the slot after the last one written.
        mutating func write(entriesOf body: [UInt8], from next: Slot, before end: Slot?) throws -> Slot {
            var next = next
            var offset = 0
            while offset < body.count, end.map({ next < $0 }) ?? true {
                let entry = try EntryView(in: body.span.bytes, at: offset)
                guard entry.slot == next else { throw LogPrinterError.gap(next) }
                bytes += EntryText.line(entry, .chosen, in: body, command: CommandText.text(ofEncoded:)).utf8
                bytes.append(UInt8(ascii: "\n"))
                if bytes.count >= LogPrinter.bufferBytes { try flush() }
                offset = entry.end
                next = next.next
            }
            return next
        }

        mutating func finish() throws {
            try flush()
            try file.sync()
        }

        private mutating func flush() throws {
            try bytes.withUnsafeBytes { try file.write(at: size, $0) }
            size += UInt64(bytes.count)
            bytes.removeAll(keepingCapacity: true)
        }
    }
}

enum LogPrinterError: Error {
    case gap(Slot)
}
