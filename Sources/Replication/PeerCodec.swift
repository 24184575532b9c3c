// Frames between nodes: length, checksum, message. A frame that does not hold exactly one sound message is refused
// whole; nothing is allocated for a length that was not checked. docs/wire-format.md draws the layout.

import CXXHash
package import NIOCore
import Paxos
import PaxosLog

package enum PeerCodec {
    /// Bytes of the length and the checksum that stand before a message.
    package static let frameHeaderLength = 12
    /// The most bytes of a message.
    package static let mostFrameBytes = 8 << 20
    package static let protocolVersion: UInt16 = 1

    package static let checksumSeed: UInt64 = 0x4652_414D_4500

    /// Appends one frame.
    package static func encode(_ message: PeerMessage, into buffer: inout ByteBuffer) {
        let start = buffer.writerIndex
        buffer.writeInteger(UInt32(0), endianness: .little)
        buffer.writeInteger(UInt64(0), endianness: .little)
        buffer.writeMessage(message)
        let body = start + frameHeaderLength
        let length = buffer.writerIndex - body
        precondition(length <= mostFrameBytes, "a message of \(length) bytes does not fit a frame")
        buffer.setInteger(UInt32(length), at: start, endianness: .little)
        buffer.setInteger(checksum(of: buffer, at: body, length: length), at: start + 4, endianness: .little)
    }

    /// Takes one frame off the front of `buffer`.
    /// - Returns: nil when the frame has not arrived whole; nothing is taken then.
    /// - Throws: `PeerCodecError` when what is there can't be a frame; the connection must not be read on.
    package static func decode(from buffer: inout ByteBuffer) throws(PeerCodecError) -> PeerMessage? {
        let start = buffer.readerIndex
        guard let length = buffer.getInteger(at: start, endianness: .little, as: UInt32.self) else { return nil }
        guard length > 0, length <= UInt32(mostFrameBytes) else { throw .frameLength(length) }
        guard buffer.readableBytes >= frameHeaderLength + Int(length) else { return nil }
        let expected = buffer.getInteger(at: start + 4, endianness: .little, as: UInt64.self)
        buffer.moveReaderIndex(forwardBy: frameHeaderLength)
        guard var body = buffer.readSlice(length: Int(length)) else { throw .truncated }
        guard checksum(of: body, at: body.readerIndex, length: Int(length)) == expected else { throw .checksum }
        let message = try body.readMessage()
        guard body.readableBytes == 0 else { throw .trailingBytes(body.readableBytes) }
        return message
    }

    private static func checksum(of buffer: ByteBuffer, at index: Int, length: Int) -> UInt64 {
        buffer.withVeryUnsafeBytes { bytes in
            cxxhash_xxh3_64(bytes.baseAddress.map { $0 + index }, length, checksumSeed)
        }
    }
}

package enum PeerCodecError: Error, Equatable {
    case frameLength(UInt32)
    case checksum
    case truncated
    case trailingBytes(Int)
    case unknownKind(UInt8)
    case reservedBytesInUse
    case malformed(String)
}
