// Cuts a peer's byte stream: one handshake, then frames. What can't be one is an error, after which nothing more is read.

import NIOCore
import Replication

struct PeerDecoder: NIOSingleStepByteToMessageDecoder {
    enum InboundOut: Equatable, Sendable {
        case handshake(Handshake)
        case message(PeerMessage)
    }

    /// Whether messages follow the handshake. The node that dialled sends them, and hears none.
    let expectsMessages: Bool
    private var isIntroduced = false

    init(expectsMessages: Bool) {
        self.expectsMessages = expectsMessages
    }

    mutating func decode(buffer: inout ByteBuffer) throws -> InboundOut? {
        guard isIntroduced else {
            guard let handshake = try Handshake.decode(from: &buffer) else { return nil }
            isIntroduced = true
            return .handshake(handshake)
        }
        guard expectsMessages else {
            guard buffer.readableBytes == 0 else { throw PeerStreamError.unexpectedBytes }
            return nil
        }
        return try PeerCodec.decode(from: &buffer).map { .message($0) }
    }

    mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> InboundOut? {
        try decode(buffer: &buffer)
    }
}

enum PeerStreamError: Error, Equatable {
    /// Bytes on a connection whose other end only listens.
    case unexpectedBytes
}
