// Little-endian fields in inputs, as far as the bytes go.

import CXXHash

extension [UInt8] {
    func field(_ offset: Int, _ width: Int) -> UInt64 {
        precondition(offset >= 0 && offset + width <= count, "a field lies within the bytes")
        var value: UInt64 = 0
        for index in 0..<width { value |= UInt64(self[offset + index]) << UInt64(8 * index) }
        return value
    }

    mutating func setField(_ offset: Int, _ width: Int, _ value: UInt64) {
        for index in 0..<width { self[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }

    mutating func append(_ value: UInt64, width: Int) {
        for index in 0..<width { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    func hash(_ range: Range<Int>, seed: UInt64) -> UInt64 {
        withUnsafeBytes { bytes in
            let covered = UnsafeRawBufferPointer(rebasing: bytes[range])
            return cxxhash_xxh3_64(covered.baseAddress, covered.count, seed)
        }
    }
}
