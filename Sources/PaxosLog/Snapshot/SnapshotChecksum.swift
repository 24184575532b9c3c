// The checksums of a snapshot's parts. Every seed is its own and none is zero, so that neither a page of zeros nor one
// part in another's place passes.

import CXXHash
import Paxos

enum SnapshotChecksum {
    private static let headerSeed: UInt64 = 0x536E_6170_4865_6101
    private static let foundingSeed: UInt64 = 0x536E_6170_466F_7501
    private static let blockHeaderSeed: UInt64 = 0x536E_6170_426C_6B01
    private static let storedSeed: UInt64 = 0x536E_6170_5374_6F01
    private static let indexSeed: UInt64 = 0x536E_6170_496E_6401
    private static let trailerSeed: UInt64 = 0x536E_6170_456E_6401

    static func header(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hash(bytes, headerSeed) }
    static func founding(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hash(bytes, foundingSeed) }
    static func stored(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hash(bytes, storedSeed) }
    static func trailer(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hash(bytes, trailerSeed) }

    /// Bound to its snapshot, because an index does not say which one it describes.
    static func index(_ bytes: UnsafeRawBufferPointer, of slot: Slot) -> UInt64 {
        hash(bytes, indexSeed ^ spread(slot))
    }

    /// Bound to its place: a value may hold a copy of a block of this very snapshot.
    static func blockHeader(_ bytes: UnsafeRawBufferPointer, of slot: Slot, offset: UInt64) -> UInt64 {
        hash(bytes, blockHeaderSeed ^ spread(slot) ^ offset)
    }

    private static func spread(_ slot: Slot) -> UInt64 { slot.rawValue &* 0x9E37_79B9_7F4A_7C15 }

    private static func hash(_ bytes: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
        cxxhash_xxh3_64(bytes.baseAddress, bytes.count, seed)
    }
}
