import HTTPTypes
import NIOCore
import Testing

@testable import Node

@Suite struct JSONTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static let good: [(body: String, key: [UInt8]?, value: [UInt8]?)] = [
        (#"{"key":"k","value":"v"}"#, bytes("k"), bytes("v")),
        (" \t\r\n{ \"value\" : \"\" , \"key\" : \"k\" } \n", bytes("k"), []),
        (#"{"key":"\u0000\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t"}"#, bytes("\0é😀\"\\/\u{8}\u{C}\n\r\t"), nil),
        (#"{"\u006bey":"k","other":[1,-2.5e+3,{"key":"inner"},[],{},null,true,false,0]}"#, bytes("k"), nil),
        (#"{"key":"日本語","value":"é"}"#, bytes("日本語"), bytes("é")),
        ("{}", nil, nil),
        (#"{"key":"\uFFFF","value":"\u10000"}"#, bytes("\u{FFFF}"), bytes("\u{1000}0")),
    ]

    @Test(arguments: good) func fieldsComeOutByteForByte(_ body: String, _ key: [UInt8]?, _ value: [UInt8]?) throws {
        #expect(try JSONFields.strings(["key", "value"], in: Self.bytes(body)) == [key, value])
    }

    static let bad: [(body: String, reason: String)] = [
        ("", "not a JSON object"), ("nonsense", "not a JSON object"), ("[]", "not a JSON object"),
        ("\"key\"", "not a JSON object"), ("\u{FEFF}{}", "not a JSON object"), ("{", "name is expected"),
        ("{}x", "behind the object"), ("{}{}", "behind the object"), (#"{"key"}"#, "':' is expected"),
        (#"{"key":}"#, "must be a string"), (#"{"key":1}"#, "must be a string, not a number"),
        (#"{"key":null}"#, "not null"), (#"{"key":true}"#, "not a boolean"), (#"{"key":["k"]}"#, "not an array"),
        (#"{"key":{}}"#, "not an object"), (#"{"key":"k","key":"l"}"#, "twice"), (#"{"key":"k",}"#, "name is expected"),
        (#"{"key":"k" "value":"v"}"#, "',' is expected"), (#"{"key":"k"#, "does not end"), (#"{"key":"\"#, "not end"),
        (#"{"key":"\x41"}"#, "escape"), (#"{"key":"\u12g4"}"#, "hexadecimal"), (#"{"key":"\ud800"}"#, "surrogate"),
        (#"{"key":"\udc00"}"#, "surrogate"), (#"{"key":"\ud800\u0041"}"#, "surrogate"),
        ("{\"key\":\"a\nb\"}", "control character"), ("{\"key\":\"a\0b\"}", "control character"),
        (#"{'key':'k'}"#, "name is expected"), (#"{"a":01}"#, "',' is expected"), (#"{"a":.5}"#, "value is expected"),
        (#"{"a":1.}"#, "value is expected"), (#"{"a":-}"#, "value is expected"), (#"{"a":tru}"#, "value is expected"),
        (#"{"a":[1,]}"#, "value is expected"), (#"{"a":NaN}"#, "value is expected"),
        (#"{"a":"# + String(repeating: "[", count: 100_000), "nested"),
    ]

    @Test(arguments: bad) func otherBodyIsRefusedWithTheReason(_ body: String, _ reason: String) throws {
        let failure = try #require(throws: HTTPFailure.self) {
            try JSONFields.strings(["key", "value"], in: Self.bytes(body))
        }
        // What is wrong with the field's value is told first, even where it is no value at all.
        let isTold = failure.reason.contains(reason) || failure.reason.contains("a value is expected")
        #expect(failure.status == .badRequest && isTold, "\(failure.reason)")
    }

    @Test func bytesThatAreNotUTF8AreRefused() throws {
        let body = Self.bytes(#"{"key":""#) + [0xFF] + Self.bytes(#""}"#)
        #expect(throws: HTTPFailure.self) { try JSONFields.strings(["key"], in: body) }
    }

    @Test func everyBodyCutShortIsRefused() throws {
        let body = Self.bytes(#"{"key":"k\u00e9\ud83d\ude00","n":[1.5,{"a":null}],"value":"v"}"#)
        _ = try JSONFields.strings(["key", "value"], in: body)
        for length in 0..<body.count {
            #expect(throws: HTTPFailure.self) { try JSONFields.strings(["key", "value"], in: Array(body[..<length])) }
        }
    }

    @Test func valuesAreWrittenEscaped() {
        var buffer = ByteBuffer()
        JSONValue.object([
            ("a\"b", .string("\\\n\0\u{7F}é😀")), ("n", .number(.max)), ("list", .array([.null, .bool(true)])),
        ]).write(to: &buffer)
        let expected = "{\"a\\\"b\":\"\\\\\\n\\u0000\\u007fé😀\",\"n\":18446744073709551615,\"list\":[null,true]}"
        #expect(String(buffer: buffer) == expected)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64IsThatOfTheStandard(_ text: String, _ encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
    }

    @Test func whatIsNoTextIsAnsweredInBase64() {
        var buffer = ByteBuffer()
        JSONValue.object([JSONValue.field("key", [0xFF]), JSONValue.field("value", [0x76])]).write(to: &buffer)
        #expect(String(buffer: buffer) == #"{"key_base64":"/w==","value":"v"}"#)
    }
}
