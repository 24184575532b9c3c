// A growing stretch of raw memory with one owner. It exists because Array's generic paths copy byte by byte in a debug
// build, where the seeded cluster tests run; it never shrinks and never initialises more than it is asked to.

import Glibc

struct RawStorage: ~Copyable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 0) {
        self.capacity = max(capacity, 64)
        base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit {
        base.deallocate()
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
    var mutableBytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }

    /// Makes it `newCount` bytes long; bytes that come to be in it are zero.
    mutating func resize(to newCount: Int) {
        let oldCount = count
        resizeUninitialized(to: newCount)
        if newCount > oldCount { memset(base + oldCount, 0, newCount - oldCount) }
    }

    /// Makes it `newCount` bytes long; what the bytes that come to be in it hold is up to the caller.
    mutating func resizeUninitialized(to newCount: Int) {
        if newCount > capacity {
            let grown = max(newCount, capacity * 2)
            let target = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
            memcpy(target, base, count)
            base.deallocate()
            base = target
            capacity = grown
        }
        count = newCount
    }

    /// Puts `source` at `offset`, which may lie at most at the end.
    mutating func replace(at offset: Int, with source: UnsafeRawBufferPointer) {
        precondition(offset <= count, "bytes are put into the storage or at its end")
        if offset + source.count > count { resizeUninitialized(to: offset + source.count) }
        if let start = source.baseAddress { memcpy(base + offset, start, source.count) }
    }
}

extension UnsafeRawBufferPointer {
    var isZero: Bool {
        guard let start = baseAddress, let first else { return true }
        return first == 0 && memcmp(start, start + 1, count - 1) == 0
    }
}
