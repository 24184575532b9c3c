// Numbers and bytes as the hexadecimal digits by which people and files name them.

extension FixedWidthInteger where Self: UnsignedInteger {
    /// All of its digits, in lower case: two for each of its bytes.
    package var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: Self.bitWidth / 4 - digits.count) + digits
    }

    /// Reads what `hexadecimal` gives, in either case; nil for anything else.
    package init?(hexadecimal text: some StringProtocol) {
        guard text.utf8.count == Self.bitWidth / 4, let first = text.utf8.first, first != UInt8(ascii: "+"),
            first != UInt8(ascii: "-")
        else { return nil }
        self.init(text, radix: 16)
    }
}

extension [UInt8] {
    /// Two digits for each byte.
    package var hexadecimal: String { map(\.hexadecimal).joined() }

    /// Reads what `hexadecimal` gives, in either case; nil for anything else.
    package init?(hexadecimal text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
