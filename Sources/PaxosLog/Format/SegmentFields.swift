// How the chosen log's formats load and store their fields, and the checksums over them. Every seed is its own and none
// is zero, so that neither a page of zeros nor one structure in another's place passes.

import CXXHash
package import Paxos

extension RawSpan {
    /// The little-endian integer at `offset`; traps when it does not lie within the span.
    func field<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
        T(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension UnsafeMutableRawBufferPointer {
    func storeField<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
}

package enum SegmentChecksum {
    private static let segmentHeaderSeed: UInt64 = 0x5365_676D_656E_7401
    private static let blockHeaderSeed: UInt64 = 0x426C_6F63_6B48_6501
    private static let storedSeed: UInt64 = 0x5374_6F72_6564_4201
    private static let indexSeed: UInt64 = 0x496E_6465_7842_6C01
    private static let trailerSeed: UInt64 = 0x5472_6169_6C65_7201

    package static func segmentHeader(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hash(bytes, segmentHeaderSeed) }
    package static func trailer(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hash(bytes, trailerSeed) }
    package static func storedBytes(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hash(bytes, storedSeed) }

    /// Bound to its segment, because an index says nothing of which segment it describes.
    package static func index(_ bytes: UnsafeRawBufferPointer, segment: Slot) -> UInt64 {
        hash(bytes, indexSeed ^ spread(segment.rawValue))
    }

    /// Bound to its place: a value may hold a copy of a block of this very log, which must not pass for a block where
    /// it lies.
    package static func blockHeader(_ bytes: UnsafeRawBufferPointer, segment: Slot, offset: UInt64) -> UInt64 {
        hash(bytes, blockHeaderSeed ^ spread(segment.rawValue) ^ offset)
    }

    private static func spread(_ value: UInt64) -> UInt64 { value &* 0x9E37_79B9_7F4A_7C15 }

    private static func hash(_ bytes: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
        cxxhash_xxh3_64(bytes.baseAddress, bytes.count, seed)
    }
}
