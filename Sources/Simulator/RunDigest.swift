// One number for everything that happened in a run, in order: two runs with the same digest were the same run.

import CXXHash
import NIOCore
import Paxos

struct RunDigest: CustomStringConvertible, Sendable {
    private var value: UInt64 = 0

    mutating func add(_ numbers: UInt64...) {
        for number in numbers {
            value = (value ^ number) &* 0x9E37_79B9_7F4A_7C15
            value ^= value >> 29
        }
    }

    mutating func add(_ frame: ByteBuffer) {
        add(frame.withUnsafeReadableBytes { cxxhash_xxh3_64($0.baseAddress, $0.count, 0) })
    }

    var description: String { value.hexadecimal }
}
