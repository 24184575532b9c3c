// Base64 (RFC 4648, section 4), for keys and values that are not text.

import FoundationEssentials

enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// - Returns: nil for what is not base64, padded and without anything between.
    static func decode(_ text: [UInt8]) -> [UInt8]? { Data(base64Encoded: Data(text)).map(Array.init) }
}
