// Answers as gzip (RFC 1952) for clients that take it. zlib does the work; this type only hands it bytes.

import CZlib
import HTTPTypes
import NIOCore

/// One gzip stream, fed piece by piece by one owner at a time.
final class Gzip: @unchecked Sendable {
    // Unchecked, because whoever feeds the stream waits for a piece before it gives the next.
    private var stream = z_stream()
    /// Speed before size: the node has more to do than this.
    private static let level: CInt = 1

    init() {
        precondition(czlib_gzip_init(&stream, Gzip.level) == Z_OK, "zlib fails only for want of memory")
    }

    deinit { deflateEnd(&stream) }

    /// What can be sent of `bytes` and those before; all of it, and the stream's end, when `isLast`.
    func compress(_ bytes: ByteBuffer, isLast: Bool) -> ByteBuffer {
        var output = ByteBuffer()
        var bytes = bytes
        bytes.withUnsafeMutableReadableBytes { input in
            stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_in = UInt32(input.count)
            repeat {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: 32 << 10) { room in
                    stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.avail_out = UInt32(room.count)
                    deflate(&stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
                    return room.count - Int(stream.avail_out)
                }
            } while stream.avail_out == 0
        }
        return output
    }

    /// Whether a client says that it takes gzip.
    static func isAccepted(by headers: HTTPFields) -> Bool {
        headers[.acceptEncoding].map { HeaderList($0).accepts("gzip") } ?? false
    }
}
