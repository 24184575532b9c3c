// A command as one line for people. Words stand apart by single spaces, and no word holds a space, so that a line can be
// cut at the spaces and every word read back to the bytes that it stands for.
//
// In a word, printable UTF-8 stands for itself; the empty word is `""`; every other byte is `\x` and two hexadecimal
// digits: spaces, both quotes, the backslash, control characters, all that is not printable or not UTF-8, and a
// combining mark at the start of a word, which would change the look of the space before it.

extension Command {
    /// `set KEY VALUE` and `delete KEY`; with conditions, `when-absent KEY`, `when-value KEY VALUE` and
    /// `when-modified KEY SLOT` stand before, one behind the other.
    package var text: String {
        var words: [String] = []
        for condition in conditions {
            switch condition {
            case .keyIsAbsent(let key): words += ["when-absent", CommandText.word(key)]
            case .valueEquals(let key, let value):
                words += ["when-value", CommandText.word(key), CommandText.word(value)]
            case .modifiedSlotEquals(let key, let slot):
                words += ["when-modified", CommandText.word(key), "\(slot)"]
            }
        }
        for operation in operations {
            switch operation {
            case .set(let key, let value): words += ["set", CommandText.word(key), CommandText.word(value)]
            case .delete(let key): words += ["delete", CommandText.word(key)]
            }
        }
        return words.joined(separator: " ")
    }
}

extension Command: CustomStringConvertible {
    package var description: String { text }
}

package enum CommandText {
    /// An encoded command as `Command.text` writes it. What can't be read is shown as it is: the log is there to be
    /// looked at.
    package static func text(ofEncoded payload: [UInt8]) -> String {
        if let command = try? Command(decoding: payload.span.bytes) { return command.text }
        return "unreadable \(word(payload))"
    }

    /// Any bytes as one word.
    package static func word(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "\"\"" }
        if bytes.allSatisfy(isPlain) { return String(decoding: bytes, as: UTF8.self) }
        var word: [UInt8] = []
        word.reserveCapacity(bytes.count + bytes.count / 2)
        var iterator = bytes.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        var offset = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded):
                if isPrintable(Unicode.UTF8.decode(encoded), first: offset == 0) {
                    word.append(contentsOf: bytes[offset..<(offset + encoded.count)])
                } else {
                    escape(bytes[offset..<(offset + encoded.count)], into: &word)
                }
                offset += encoded.count
            case .error(let length):
                escape(bytes[offset..<(offset + length)], into: &word)
                offset += length
            case .emptyInput:
                return String(decoding: word, as: UTF8.self)
            }
        }
    }

    /// The bytes that a word stands for; nil when `word` is none that this type writes or a person could mean by it.
    package static func bytes(of word: some StringProtocol) -> [UInt8]? {
        if word == "\"\"" { return [] }
        var bytes: [UInt8] = []
        var rest = word.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                guard byte > UInt8(ascii: " "), byte != UInt8(ascii: "\""), byte != 0x7F else { return nil }
                bytes.append(byte)
                continue
            }
            guard rest.popFirst() == UInt8(ascii: "x"), let high = rest.popFirst().flatMap(digit),
                let low = rest.popFirst().flatMap(digit)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// Whether an ASCII byte stands for itself.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'")
            && byte != UInt8(ascii: "\\")
    }

    private static func isPrintable(_ scalar: Unicode.Scalar, first: Bool) -> Bool {
        if scalar.isASCII { return isPlain(UInt8(scalar.value)) }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            return false
        case .nonspacingMark, .spacingMark, .enclosingMark:
            return !first
        default:
            return true
        }
    }

    private static func escape(_ bytes: ArraySlice<UInt8>, into word: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        for byte in bytes {
            word += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
