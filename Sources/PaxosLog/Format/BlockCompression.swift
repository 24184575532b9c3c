// A block's raw bytes to one independent zstd frame and back. Neither side keeps anything from one block to the next.

import CZstd

/// Owns a zstd compression context.
struct BlockCompressor: ~Copyable, @unchecked Sendable {
    // Sendable, because nobody else knows the context and one owner uses it at a time.
    private let context: OpaquePointer

    init() {
        guard let context = ZSTD_createCCtx() else { fatalError("no memory for a zstd compression context") }
        self.context = context
    }

    deinit { ZSTD_freeCCtx(context) }

    /// The most bytes that a frame of so many raw bytes can have.
    static func bound(_ rawLength: Int) -> Int { ZSTD_compressBound(rawLength) }

    /// Writes the frame to `frame`, which has room for `bound(raw.count)` bytes, and returns its length. The same bytes
    /// for the same input with the same zstd build, whatever was compressed before. One call takes the whole input, so
    /// that zstd knows its size from the start, and writes it into the frame.
    mutating func compress(_ raw: UnsafeRawBufferPointer, into frame: UnsafeMutableRawBufferPointer) -> Int {
        precondition(frame.count >= BlockCompressor.bound(raw.count), "the frame has room for the worst case")
        ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Genesis.zstdLevel)
        let length = ZSTD_compress2(context, frame.baseAddress, frame.count, raw.baseAddress, raw.count)
        precondition(ZSTD_isError(length) == 0, "zstd fails only for want of room or memory")
        return length
    }
}

/// Owns a zstd decompression context.
struct BlockDecompressor: ~Copyable, @unchecked Sendable {
    // Sendable, because nobody else knows the context and one owner uses it at a time.
    private let context: OpaquePointer

    init() {
        guard let context = ZSTD_createDCtx() else { fatalError("no memory for a zstd decompression context") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Fills `raw` with what a frame holds whose checksum was verified; false when it is not exactly one frame of that
    /// many raw bytes.
    mutating func decompress(_ frame: UnsafeRawBufferPointer, into raw: UnsafeMutableRawBufferPointer) -> Bool {
        guard ZSTD_getFrameContentSize(frame.baseAddress, frame.count) == UInt64(raw.count),
            ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count) == frame.count
        else { return false }
        return ZSTD_decompressDCtx(context, raw.baseAddress, raw.count, frame.baseAddress, frame.count) == raw.count
    }
}
