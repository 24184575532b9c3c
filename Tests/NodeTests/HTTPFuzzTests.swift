// What clients send, damaged in every way: whatever parses it answers or refuses, and never traps.

import Fuzzing
import HTTPTypes
import Paxos
import Testing

@testable import Node

@Suite struct HTTPFuzzTests {
    /// Request bodies: the string fields of a JSON object, and the base64 in them.
    private struct BodyTarget: FuzzTarget {
        let name = "http-body"
        let largestAllocation = 4 << 10
        let mostAllocated = 64 << 10

        var corpus: [[UInt8]] {
            [
                #"{"key":"k","value":"v"}"#, #" { "value" : "\u00e9\ud83d\ude00\n" , "key" : "" } "#,
                #"{"key":"a","other":[1,-2.5e3,{"x":null}],"value_base64":"AAEC/w=="}"#,
                #"{"key_base64":"a2V5","value":"\\\"/\b\f\r\t","deep":[[[[true,false]]]]}"#,
            ].map { Array($0.utf8) }
        }

        var words: [[UInt8]] {
            ["{", "}", "[", "]", ",", ":", "\"", "\\u", "\\ud800", "null", "1e999", "key", "value_base64", "===="].map {
                Array($0.utf8)
            }
        }

        func decode(_ bytes: [UInt8]) -> Bool {
            _ = Base64.decode(bytes)
            return (try? JSONFields.strings(["key", "value", "key_base64", "value_base64"], in: bytes)) != nil
        }
    }

    /// Request lines and the headers that are parsed here.
    private struct RequestTarget: FuzzTarget {
        let name = "http-request"
        let largestAllocation = 4 << 10
        let mostAllocated = 64 << 10

        var corpus: [[UInt8]] {
            [
                "/store/k?consistency=local", "/store/set/a%2Fb/%00", "/store/%F0%9F%98%80?value=base64",
                "/log/entries",
                "/log/entries?from=3&limit=100", "/log/print/log1", "/status", "/cluster", "/", "/admin/configuration",
            ].map { Array($0.utf8) }
        }

        var words: [[UInt8]] {
            [
                "/", "?", "&", "=", "%", "%00", "%FF", "..", "//", "from", "limit", "18446744073709551616", "-1",
                "bytes=0-",
            ]
            .map { Array($0.utf8) }
        }

        func decode(_ bytes: [UInt8]) -> Bool {
            let text = String(decoding: bytes, as: UTF8.self)
            _ = PercentEncoding.decode(bytes)
            _ = ByteRange(text, length: 1_000)
            _ = HeaderList(text)
            _ = PrintName.check(text)
            let methods: [HTTPRequest.Method] = [.get, .put, .post, .delete, .head]
            return methods.contains { (try? Route(method: $0, target: text)) != nil }
        }
    }

    @Test(arguments: 1...8) func damagedRequestsAreAnsweredOrRefused(_ seed: Int) throws {
        let targets: [any FuzzTarget] = [BodyTarget(), RequestTarget()]
        for target in targets {
            let progress = try #require(FuzzProgress())
            let worker = FuzzWorker(target, seed: UInt64(seed), progress: progress, meter: .ofThread)
            #expect(worker.run(0..<2_000), "\(target.name): input \(progress.fields.index) takes too much memory")
            #expect(progress.fields.decoded > 20, "a decoder that refuses everything shows nothing")
            #expect(progress.fields.decoded < 1_990, "damage is met")
        }
    }
}
