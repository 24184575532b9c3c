// The chosen entries of this node as lines of JSON, piece by piece. Reading, writing out and compressing happen on the
// reading thread, and one piece at a time is held.

import NIOConcurrencyHelpers
import NIOCore
import Paxos
import PaxosLog

final class EntryStream: Sendable {
    private struct State {
        var next: Slot
        var left: Int
        var isFinished = false
    }

    private let state: NIOLockedValueBox<State>
    /// The last slot to be told: what had been applied when the stream began.
    private let last: Slot
    private let source: EntrySource
    private let gzip: Gzip?
    /// Held until nobody holds the stream any more.
    private let pass: Turnstile.Pass

    init(
        of source: EntrySource, from first: Slot, through last: Slot, limit: Int?, compressed: Bool,
        pass: Turnstile.Pass
    ) {
        state = NIOLockedValueBox(State(next: first, left: limit ?? .max))
        self.last = last
        self.source = source
        self.pass = pass
        gzip = compressed ? Gzip() : nil
    }

    var pieces: DocumentPieces { DocumentPieces(isCompressed: gzip != nil) { try await self.next() } }

    private func next() async throws -> ByteBuffer? {
        let state = state.withLockedValue { $0 }
        guard !state.isFinished else { return nil }
        guard state.next <= last, state.left > 0 else { return end() }
        return try await source.read(from: state.next, through: last) { [self] bodies in
            try write(bodies, after: state)
        }
    }

    private func write(_ bodies: [[UInt8]], after state: State) throws -> ByteBuffer {
        var (state, lines) = (state, ByteBuffer())
        try EntrySource.visit(bodies, in: state.next...last) { entry, body, _ in
            guard state.left > 0 else { return false }
            EntryJSON.write(entry, in: body, to: &lines)
            state.next = entry.slot.next
            state.left -= 1
            return true
        }
        self.state.withLockedValue { $0 = state }
        return gzip?.compress(lines, isLast: false) ?? lines
    }

    private func end() -> ByteBuffer? {
        state.withLockedValue { $0.isFinished = true }
        return gzip?.compress(ByteBuffer(), isLast: true)
    }
}
