import Foundation
import Testing

extension EndToEnd {
    /// What a client asks of a healthy cluster.
    @Suite(.serialized) struct Requests {
        @Test(.timeLimit(.minutes(3))) func valueSetThroughEachNodeIsReadThroughEveryNode() async throws {
            try await Cluster.run { cluster in
                var last = 0
                for writer in cluster.all {
                    let reply = try await cluster.client(writer).set("key \(writer)", "value \(writer)")
                    try #require(reply.status == 200, "\(reply.text)")
                    let slot = try #require(reply.slot)
                    #expect(slot > last, "slots rise with time")
                    last = slot
                    for reader in cluster.all {
                        let read = try await cluster.client(reader).value("key \(writer)")
                        #expect(read.status == 200)
                        #expect(read.text == "value \(writer)")
                        let seen = try #require(read.headers["paxos-slot"].flatMap { Int($0) })
                        #expect(seen >= slot)
                    }
                }
                for node in cluster.all {
                    let reply = try await cluster.client(node).delete("key \(node)")
                    #expect(reply.status == 200)
                    #expect(reply.json["existed"] as? Bool == true)
                    let other = (node + 1) % cluster.count
                    #expect(try await cluster.client(other).value("key \(node)").status == 404)
                    let again = try await cluster.client(other).post("/store/delete", ["key": "key \(node)"])
                    #expect(again.json["existed"] as? Bool == false)
                }
            }
        }

        @Test(.timeLimit(.minutes(3))) func thousandSetsAtOnceAreAllReadBack() async throws {
            try await Cluster.run { cluster in
                let clients = cluster.all.map(cluster.client)
                let slots = try await concurrently(1_000, width: 1_000) { number in
                    let reply = try await clients[number % 3].set("key \(number)", "value \(number)")
                    try #require(reply.status == 200, "\(reply.text)")
                    return try #require(reply.slot)
                }
                #expect(Set(slots).count == 1_000, "a slot holds one command")
                let expected = Dictionary(uniqueKeysWithValues: (0..<1_000).map { ("key \($0)", "value \($0)") })
                #expect(try await differences(from: expected, through: clients) == [])
                try await cluster.waitUntilEqual()
                for client in clients {
                    let reply = try await client.value("key 999", consistency: "local")
                    #expect(reply.text == "value 999")
                }
            }
        }

        @Test(.timeLimit(.minutes(3))) func oneNodeAloneIsACluster() async throws {
            try await Cluster.run(of: 1) { cluster in
                #expect(try await cluster.client(0).set("k", "v").status == 200)
                try await cluster.kill(0)
                try await cluster.start(0)
                try await cluster.waitUntilHealthy(0)
                #expect(try await cluster.client(0).value("k").text == "v")
            }
        }

        /// Keys and values that break what takes them for text, for paths or for separated fields.
        static let awkward: [String] = [
            "\0", "\0\0", "a\0b", " ", "  a  ", "/", "//", "a/b/c", "../n1", ".", "..", ";", ":", "a;b:c", "%", "%00",
            "%2F", "+", "?", "a?consistency=local", "#", "&", "=", "\"", "'", "\\", "\\x00", "\n", "\r\n", "\t",
            "\u{7F}",
            "é", "e\u{301}", "\u{301}", "日本語", "👩‍🚀", "\u{FEFF}", "\u{2028}", "\u{FF}", "\u{10FFFF}", "null", "{}",
            String(repeating: "k", count: 4096), String(repeating: "ÿ", count: 2048),
        ]

        @Test(.timeLimit(.minutes(4))) func awkwardKeysAndValuesSurviveAllOfIt() async throws {
            try await Cluster.run { cluster in
                let clients = cluster.all.map(cluster.client)
                var expected: [String: String] = ["empty value": ""]
                for (index, key) in Self.awkward.enumerated() {
                    expected[key] = Self.awkward[(index + 7) % Self.awkward.count]
                }
                for (index, pair) in expected.enumerated() {
                    let reply = try await clients[index % 3].set(pair.key, pair.value)
                    try #require(reply.status == 200, "\(pair.key.debugDescription): \(reply.text)")
                }
                #expect(try await differences(from: expected, through: clients) == [])
                let json = try await clients[0].send(
                    .get, "/store/get/\(Client.encoded("a\0b"))", headers: [("Accept", "application/json")])
                #expect(json.json["key"] as? String == "a\0b")
                #expect(json.json["value"] as? String == expected["a\0b"])
                let unknown = try await RawConnection.get("/store/get/%FF%00%80", port: cluster.httpPorts[0])
                #expect(unknown.hasPrefix("HTTP/1.1 404 "), "any bytes are a key, also those that are not UTF-8")
                #expect(unknown.contains("no value is stored"), "\(unknown)")

                try await cluster.killAll()
                try await cluster.startAll()
                #expect(try await differences(from: expected, through: clients) == [])
                try await cluster.stopAll()
                try await cluster.startAll()
                #expect(try await differences(from: expected, through: clients) == [])

                for key in expected.keys {
                    let reply = try await clients[1].delete(key)
                    #expect(reply.json["existed"] as? Bool == true, "\(key.debugDescription)")
                }
                try await cluster.waitUntilEqual()
                for node in cluster.all {
                    #expect(try await clients[node].value("\0", consistency: "local").status == 404)
                }
                for folder in cluster.folders { try await expectPrintable(folder, atLeast: 2 * expected.count) }
            }
        }

        /// What `logtool print` says of a node is text, a line for each slot, whatever was written.
        private func expectPrintable(_ folder: String, atLeast least: Int) async throws {
            let printed = try await logtool("print", folder)
            #expect(printed.ending == .exit(0), "\(printed.output.suffix(500))")
            let isPlain = printed.output.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F
            }
            #expect(isPlain)
            var slots: [Int] = []
            for line in printed.lines {
                let words = line.split(separator: " ", omittingEmptySubsequences: false)
                let slot = try #require(words.first.flatMap { Int($0) }, "a line begins with its slot: \(line)")
                slots.append(slot)
            }
            #expect(slots == slots.sorted() && Set(slots).count == slots.count)
            #expect(slots.count >= least)
        }
    }
}
