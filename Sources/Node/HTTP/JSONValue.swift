// JSON as it is answered: fields in the order given, nothing left to chance.

import NIOCore
import Paxos

enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(UInt64)
    case string(String)
    case array([JSONValue])
    case object([(String, JSONValue)])

    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .null: buffer.writeStaticString("null")
        case .bool(let value): buffer.writeString(value ? "true" : "false")
        case .number(let value): buffer.writeString(String(value))
        case .string(let text): JSONValue.write(text, to: &buffer)
        case .array(let values):
            buffer.writeStaticString("[")
            for (index, value) in values.enumerated() {
                if index > 0 { buffer.writeStaticString(",") }
                value.write(to: &buffer)
            }
            buffer.writeStaticString("]")
        case .object(let fields):
            buffer.writeStaticString("{")
            for (index, field) in fields.enumerated() {
                if index > 0 { buffer.writeStaticString(",") }
                JSONValue.write(field.0, to: &buffer)
                buffer.writeStaticString(":")
                field.1.write(to: &buffer)
            }
            buffer.writeStaticString("}")
        }
    }

    private static func write(_ text: String, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("\"")
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for (index, byte) in bytes.enumerated() {
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F else {
                    continue
                }
                buffer.writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<index]))
                start = index + 1
                switch byte {
                case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
                case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
                case 0x0A: buffer.writeStaticString("\\n")
                default: buffer.writeString("\\u00" + byte.hexadecimal)
                }
            }
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]))
        }
        buffer.writeStaticString("\"")
    }
}

extension JSONValue {
    /// Bytes as a string where they are UTF-8, else under the name with `_base64` behind it.
    static func field(_ name: String, _ bytes: [UInt8]) -> (String, JSONValue) {
        if let text = String(validating: bytes, as: UTF8.self) { return (name, .string(text)) }
        return (name + "_base64", .string(Base64.encode(bytes)))
    }
}
