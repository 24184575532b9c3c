// The measures of a journal file, and where it may be cut. docs/log-format.md draws the layout.

import CXXHash
package import Paxos

package enum JournalFormat {
    package static let currentVersion: UInt32 = 1
    /// A batch starts at a multiple of this, so that no sync rewrites what an earlier one made durable.
    package static let sectorSize = 4096
    package static let recordHeaderSize = 96
    package static let inheritancePayloadSize = 16
    /// The header's sector, two for batches, and the last, which is kept for handing over to the next file.
    package static let smallestFile = 4 * sectorSize
    package static let largestFile = 1 << 32
    package static let standardFile = 32 << 20
    /// No record names a higher one, so that one can always be added.
    package static let highestSlot = Slot(1 << 62)
    /// Every round is below it.
    package static let endOfRounds: UInt64 = 1 << 62

    /// What a record with this payload takes in a batch.
    package static func recordSize(payload: Int) -> Int { (recordHeaderSize + payload + 7) & ~7 }

    package static func sectorEnd(_ offset: Int) -> Int { (offset + sectorSize - 1) & ~(sectorSize - 1) }

    package static func isSectorBoundary(_ offset: Int) -> Bool { offset & (sectorSize - 1) == 0 }

    static func checksum(_ bytes: borrowing RawSpan, seed: UInt64) -> UInt64 {
        bytes.withUnsafeBytes { cxxhash_xxh3_64($0.baseAddress, $0.count, seed) }
    }

    static func isZero(_ bytes: borrowing RawSpan) -> Bool {
        bytes.withUnsafeBytes { $0.isZero }
    }
}
