// Reads the chosen log for peers that are behind and for people, on a thread of its own, so that a long way back delays neither the
// journal nor the log's writer. It never writes.

import Logging
import NIOCore
import NIOPosix
import Paxos
import PaxosLog

final class LogReading: Sendable {
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let reader: ChosenLogReader
    private let logger: Logger

    init(fileSystem: any FileSystem, directory: FilePath, logger: Logger) {
        reader = ChosenLogReader(fileSystem, directory: directory)
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

    /// Blocks from the one that holds `slot` on, about `bytes` of them, at least one if the log holds it.
    func read(from slot: Slot, bytes: Int, then deliver: @escaping @Sendable ([RawBlock]) -> Void) {
        thread.submit { [self] state in
            guard state == .active else { return }
            deliver(blocks(from: slot, bytes: bytes))
        }
    }

    func stop() async throws { try await thread.shutdownGracefully() }

    /// Damage ends what is given: a peer is never sent what could not be verified.
    private func blocks(from slot: Slot, bytes: Int) -> [RawBlock] {
        var blocks: [RawBlock] = []
        var length = 0
        do throws(StorageError) {
            var cursor = try reader.cursor(from: slot, depth: .payloads)
            while length < bytes, let finding = try cursor.next() {
                switch finding {
                case .block(let block):
                    guard let raw = block.raw, blocks.last.map({ $0.lastSlot.next == raw.firstSlot }) ?? true else {
                        return blocks
                    }
                    guard blocks.isEmpty ? raw.firstSlot <= slot && raw.lastSlot >= slot : true else { return blocks }
                    blocks.append(raw)
                    length += raw.bytes.count
                case .damage(let damage):
                    logger.error("The log is damaged", metadata: ["damage": "\(damage.sentence)"])
                    return blocks
                }
            }
        } catch {
            logger.error("The log can't be read", metadata: ["error": "\(error.sentence)"])
        }
        return blocks
    }
}
