// The bytes of a segment that were not written to its file yet: one contiguous buffer, used again and again.

import Paxos

struct SegmentBuffer: ~Copyable, @unchecked Sendable {
    // Sendable, because the memory has one owner, which no two threads use at a time.
    private var memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    mutating func removeAll() { count = 0 }

    /// Makes room for `capacity` more bytes, which `body` writes; it returns how many of them it used.
    mutating func append(capacity: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        if memory.count - count < capacity { grow(to: max(count + capacity, 2 * memory.count)) }
        let used = body(UnsafeMutableRawBufferPointer(rebasing: memory[count..<(count + capacity)]))
        precondition(used <= capacity, "no more bytes are used than there was room for")
        count += used
    }

    private mutating func grow(to capacity: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: bytes)
        memory.deallocate()
        memory = larger
    }
}
