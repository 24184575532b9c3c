// Integers as every format here writes them: little-endian, unaligned.

extension [UInt8] {
    /// Inlinable, because a generic function is not specialised for the targets that call it otherwise.
    @inlinable
    package mutating func appendLittleEndian<T: FixedWidthInteger>(_ value: T) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
