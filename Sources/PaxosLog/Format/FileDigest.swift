// SHA-256 of a whole file, by which two nodes tell whether they hold the same one.

import Paxos

package struct FileDigest: Hashable, Sendable {
    package static let length = 32

    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        precondition(bytes.count == FileDigest.length, "a SHA-256 has 32 bytes")
        self.bytes = bytes
    }
}

extension FileDigest: CustomStringConvertible {
    /// 64 hexadecimal digits, as sha256sum writes them.
    package var description: String { bytes.hexadecimal }
}
