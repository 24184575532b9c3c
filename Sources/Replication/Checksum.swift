// XXH3-64 over bytes in memory.

import CXXHash

func xxh3(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
    bytes.withUnsafeBytes { cxxhash_xxh3_64($0.baseAddress, $0.count, seed) }
}
