// The chosen entries of this node as lines of JSON, piece by piece: from memory where they are there, else from the log
// on disk. Reading, writing out and compressing happen on the reading thread, and one piece at a time is held.

import NIOConcurrencyHelpers
import NIOCore
import Paxos
import PaxosLog
import Replication

final class EntryStream: Sendable {
    /// About how many bytes of entries make a piece.
    private static let pieceBytes = 256 << 10

    private struct State {
        var next: Slot
        var left: Int
        var isFinished = false
    }

    private let state: NIOLockedValueBox<State>
    /// The last slot to be told: what had been applied when the stream began.
    private let last: Slot
    private let reading: LogReading
    private let memory: @Sendable (_ from: Slot, _ through: Slot, _ bytes: Int) async -> Run?
    private let gzip: Gzip?
    private let readers: Turnstile

    /// - Parameters:
    ///   - readers: where this one was let in; it leaves with the last who holds the stream.
    ///   - memory: chosen entries that are held in memory; nil when the log on disk holds the first of them.
    init(
        from first: Slot, through last: Slot, limit: Int?, compressed: Bool, reading: LogReading,
        readers: Turnstile, memory: @escaping @Sendable (_ from: Slot, _ through: Slot, _ bytes: Int) async -> Run?
    ) {
        state = NIOLockedValueBox(State(next: first, left: limit ?? .max))
        self.last = last
        self.reading = reading
        self.readers = readers
        self.memory = memory
        gzip = compressed ? Gzip() : nil
    }

    deinit { readers.leave() }

    var pieces: DocumentPieces { DocumentPieces(isCompressed: gzip != nil) { try await self.next() } }

    private func next() async throws -> ByteBuffer? {
        let state = state.withLockedValue { $0 }
        guard !state.isFinished else { return nil }
        guard state.next <= last, state.left > 0 else { return end() }
        let held = await memory(state.next, last, EntryStream.pieceBytes)
        return try await reading.perform { [self] reader in
            let bodies =
                try held.map { [$0.body] }
                ?? reader.blocks(from: state.next, bytes: EntryStream.pieceBytes).map(\.bytes)
            guard !bodies.isEmpty else { throw EntryStreamError.missing(state.next) }
            return try write(bodies, after: state)
        }
    }

    private func write(_ bodies: [[UInt8]], after state: State) throws -> ByteBuffer {
        var (state, lines) = (state, ByteBuffer())
        for body in bodies {
            var offset = 0
            while offset < body.count, state.left > 0, state.next <= last {
                let entry = try EntryView(in: body.span.bytes, at: offset)
                offset = entry.end
                guard entry.slot >= state.next else { continue }
                guard entry.slot == state.next else { throw EntryStreamError.missing(state.next) }
                EntryJSON.write(entry, in: body, to: &lines)
                state.next = state.next.next
                state.left -= 1
            }
        }
        self.state.withLockedValue { $0 = state }
        return gzip?.compress(lines, isLast: false) ?? lines
    }

    private func end() -> ByteBuffer? {
        state.withLockedValue { $0.isFinished = true }
        return gzip?.compress(ByteBuffer(), isLast: true)
    }
}

enum EntryStreamError: Error, CustomStringConvertible {
    case missing(Slot)

    var description: String {
        switch self {
        case .missing(let slot): "slot \(slot) is neither in memory nor in the log"
        }
    }
}
