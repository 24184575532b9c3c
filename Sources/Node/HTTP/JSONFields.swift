// Reads the string fields of one JSON object (RFC 8259), strictly: the bytes of a string come out exactly, and what is
// not JSON is refused with the place where it stops being so. It builds no tree, and keeps no field that nobody asked for.

import Hummingbird

struct JSONFields {
    private static let deepest = 64

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Returns: for each name the field's bytes; nil where the object has no such field. Other fields are passed over.
    /// - Throws: status 400 for what is not JSON, not an object, or a field that is no string or there twice.
    static func strings(_ names: [String], in body: [UInt8]) throws(HTTPFailure) -> [[UInt8]?] {
        guard (try? UTF8Span(validating: body.span)) != nil else { throw .badRequest("the body is not UTF-8") }
        var reader = JSONFields(body)
        var found = [[UInt8]?](repeating: nil, count: names.count)
        reader.skipSpace()
        guard reader.peek() == UInt8(ascii: "{") else {
            throw .badRequest("the body is not a JSON object such as {\"key\":\"k\",\"value\":\"v\"}")
        }
        try reader.object { reader, name throws(HTTPFailure) in
            guard let index = names.firstIndex(where: { name.elementsEqual($0.utf8) }) else {
                return try reader.skipValue(depth: 1)
            }
            guard reader.peek() == UInt8(ascii: "\"") else {
                let type = reader.typeName
                try reader.skipValue(depth: 1)
                throw .badRequest("the field '\(names[index])' must be a string, not \(type)")
            }
            guard found[index] == nil else { throw .badRequest("the field '\(names[index])' is there twice") }
            found[index] = try reader.string()
        }
        reader.skipSpace()
        guard reader.position == body.count else { throw reader.notJSON("something stands behind the object") }
        return found
    }

    // MARK: Values

    private mutating func object(
        _ member: (inout JSONFields, [UInt8]) throws(HTTPFailure) -> Void
    ) throws(HTTPFailure) {
        try expect("{")
        skipSpace()
        if take("}") { return }
        while true {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else { throw notJSON("a field's name is expected") }
            let name = try string()
            skipSpace()
            try expect(":")
            skipSpace()
            try member(&self, name)
            skipSpace()
            if take("}") { return }
            try expect(",")
        }
    }

    private mutating func skipValue(depth: Int) throws(HTTPFailure) {
        guard depth <= JSONFields.deepest else { throw notJSON("it is nested more than \(JSONFields.deepest) deep") }
        switch peek() {
        case UInt8(ascii: "{"):
            try object { reader, _ throws(HTTPFailure) in try reader.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            position += 1
            skipSpace()
            if take("]") { return }
            while true {
                skipSpace()
                try skipValue(depth: depth + 1)
                skipSpace()
                if take("]") { return }
                try expect(",")
            }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
    }

    private var typeName: String {
        switch peek() {
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "an array"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
        case UInt8(ascii: "n"): "null"
        default: "a number"
        }
    }

    private mutating func word(_ word: StaticString) throws(HTTPFailure) {
        let text = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[position...].starts(with: text) else { throw notJSON("a value is expected") }
        position += text.count
    }

    private mutating func number() throws(HTTPFailure) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(HTTPFailure) {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw notJSON("a value is expected") }
    }

    // MARK: Strings

    private mutating func string() throws(HTTPFailure) -> [UInt8] {
        try expect("\"")
        var start = position
        var result: [UInt8] = []
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                if result.isEmpty { return Array(bytes[start..<position]) }
                result += bytes[start..<position]
                return result
            case UInt8(ascii: "\\"):
                result += bytes[start..<position]
                position += 1
                try escape(into: &result)
                start = position
            case 0..<0x20: throw notJSON("a control character stands in a string")
            default: position += 1
            }
        }
        throw notJSON("a string does not end")
    }

    private mutating func escape(into result: inout [UInt8]) throws(HTTPFailure) {
        guard let byte = peek() else { throw notJSON("a string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"):
            var code = try fourDigits()
            if (0xD800..<0xDC00).contains(code), take("\\") {
                try expect("u")
                let low = try fourDigits()
                guard (0xDC00..<0xE000).contains(low) else { throw notJSON("half a surrogate pair stands alone") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw notJSON("half a surrogate pair stands alone") }
            result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw notJSON("an escape is not one of JSON's")
        }
    }

    private mutating func fourDigits() throws(HTTPFailure) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek().flatMap(PercentEncoding.digit) else {
                throw notJSON("four hexadecimal digits are expected")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    // MARK: Bytes

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(HTTPFailure) {
        guard take(character) else { throw notJSON("'\(character)' is expected") }
    }

    private func notJSON(_ reason: String) -> HTTPFailure {
        .badRequest("the body is not JSON: \(reason) at byte \(position)")
    }
}
