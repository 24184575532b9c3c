// Reads the chosen log for peers that are behind and for people, on a thread of its own, so that a long way back delays neither the
// journal nor the log's writer. It never writes.

import Logging
import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import Replication
import SystemPackage

final class LogReading: Sendable {
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let reader: ChosenLogReader
    let snapshots: SnapshotFolder
    private let logger: Logger

    init(fileSystem: any FileSystem, places: NodeFolder.Places, logger: Logger) {
        reader = ChosenLogReader(fileSystem, directory: places.log)
        snapshots = SnapshotFolder(fileSystem, directory: places.snapshots)
        self.logger = logger
    }

    /// What /status shows of the log's files.
    struct Size: Sendable {
        var segments = 0
        var bytes: UInt64 = 0
    }

    func start() { thread.start() }

    func size() async throws -> Size {
        try await thread.runIfActive { [self] in
            var size = Size()
            for name in try reader.segments() {
                size.segments += 1
                size.bytes += try reader.size(of: name)
            }
            return size
        }
    }

    /// The first slot that the log holds; while it holds none, the one with which it will begin.
    func firstSlot() async throws -> Slot {
        try await thread.runIfActive { [self] in
            try reader.segments().first?.firstSlot ?? snapshots.names().first?.slot.next ?? .first
        }
    }

    /// Runs `body` on the thread.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (ChosenLogReader) throws -> Value
    ) async throws -> Value {
        try await thread.runIfActive { [reader] in try body(reader) }
    }

    /// Blocks from the one that holds `slot` on, about `bytes` of them, at least one if the log holds it. A peer is never
    /// sent what could not be verified: it asks another node then.
    func read(
        from slot: Slot, bytes: Int, offersSegment: Bool,
        then deliver: @escaping @Sendable (LogPassage, Damage?) -> Void
    ) {
        thread.submit { [self] state in
            guard state == .active else { return }
            do throws(StorageError) {
                deliver(try reader.passage(from: slot, bytes: bytes, offersSegment: offersSegment), nil)
            } catch .corrupt(let damage) {
                deliver(.blocks([]), damage)
            } catch {
                sayUnreadable("\(slot)", error)
                deliver(.blocks([]), nil)
            }
        }
    }

    /// A piece of a file, which the peer verifies; none of one that can't be read.
    func read(_ question: PieceQuestion, then deliver: @escaping @Sendable (FilePiece) -> Void) {
        thread.submit { [self] state in
            guard state == .active else { return }
            do throws(StorageError) {
                deliver(try question.answer(from: reader, snapshots))
            } catch {
                sayUnreadable("\(question.file)", error)
                deliver(FilePiece(file: question.file, offset: question.offset, fileSize: 0, bytes: []))
            }
        }
    }

    func stop() async throws { try await thread.shutdownGracefully() }

    private func sayUnreadable(_ what: String, _ error: StorageError) {
        logger.error("The log can't be read for a peer", metadata: ["from": "\(what)", "error": "\(error.sentence)"])
    }
}
