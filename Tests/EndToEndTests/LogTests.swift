import Foundation
import Testing

extension EndToEnd {
    /// The chosen logs of the nodes, as files.
    @Suite(.serialized) struct Logs {
        @Test(.timeLimit(.minutes(4))) func segmentsAreByteForByteTheSameOnAllNodes() async throws {
            try await Cluster.run { cluster in
                try await fill(cluster, writes: 600)
                // One node misses some, and has them from the others' logs.
                let absent = (try await cluster.leader() + 1) % 3
                try await cluster.kill(absent)
                try await fill(cluster, writes: 600, without: absent)
                try await cluster.start(absent)
                try await cluster.waitUntilHealthy(absent)
                try await fill(cluster, writes: 200)
                try await cluster.waitUntilEqual()
                try await cluster.stopAll()

                let segments = try cluster.folders.map(Segments.init)
                let names = segments[0].names
                #expect(segments.allSatisfy { $0.names == names })
                for name in names {
                    let files = try segments.map { try $0.bytes(name) }
                    let shared = files.map(\.count).min() ?? 0
                    #expect(shared > 100_000, "there is something to compare")
                    #expect(files.allSatisfy { $0[..<shared] == files[0][..<shared] }, "\(name)")
                }
                let compared = try await logtool("diff", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(compared.ending == .exit(0), "\(compared.output)")
            }
        }

        @Test(.timeLimit(.minutes(4))) func flippedByteIsFoundWithItsSlots() async throws {
            try await Cluster.run { cluster in
                try await fill(cluster, writes: 400)
                try await cluster.waitUntilEqual()
                try await cluster.stopAll()

                let segments = try Segments(folder: cluster.data(1))
                let name = try #require(segments.names.first)
                var bytes = try segments.bytes(name)
                let blocks = Segments.blocks(in: bytes)
                try #require(blocks.count >= 3)
                let block = blocks[blocks.count / 2]
                bytes[block.payload.lowerBound + block.payload.count / 2] ^= 0x10
                try segments.write(bytes, to: name)

                let verified = try await logtool("verify", cluster.data(1), "--format", "json")
                #expect(verified.ending == .exit(1), "\(verified.output)")
                let text = try await logtool("verify", cluster.data(1))
                #expect(text.output.contains(name))
                #expect(text.output.contains("\(block.slots.lowerBound)"), "\(text.output)")
                #expect(text.output.contains("\(block.slots.upperBound)"), "\(text.output)")
                #expect(try await logtool("verify", cluster.data(0), cluster.data(2)).ending == .exit(0))

                // The digests in the headers are those of the log that was written; the payloads tell.
                let compared = try await logtool(
                    "diff", "--payloads", cluster.data(0), cluster.data(1), cluster.data(2))
                #expect(compared.ending == .exit(1), "\(compared.output)")
                #expect(compared.output.contains("\(block.slots.lowerBound)"), "\(compared.output)")

                // What is not damaged is printed still, and what is, is not made up.
                let printed = try await logtool("print", cluster.data(1))
                let slots = Set(printed.lines.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } })
                #expect(slots.isDisjoint(with: block.slots))
                #expect(slots.contains(block.slots.lowerBound - 1) && slots.contains(block.slots.upperBound + 1))
            }
        }

        @Test(.timeLimit(.minutes(3))) func nodePrintsItsLogAsLogtoolDoes() async throws {
            try await Cluster.run { cluster in
                for number in 1...20 { _ = try await cluster.client(number % 3).set("key \(number)", "v;:\n\(number)") }
                try await cluster.waitUntilEqual()
                var printed: [String] = []
                for node in cluster.all {
                    let reply = try await cluster.client(node).get("/log/print/dump.txt")
                    #expect(reply.status == 200)
                    #expect(reply.json["FileName"] as? String == "dump.txt")
                    let file = FileManager.default.contents(atPath: "\(cluster.data(node))/dump.txt")
                    printed.append(String(decoding: try #require(file), as: UTF8.self))
                }
                let lines = printed[0].split(separator: "\n")
                #expect(lines.count >= 21)
                #expect(lines.contains { $0.hasSuffix("set key\\x207 v;:\\x0a7") }, "\(printed[0])")
                #expect(printed[1] == printed[0] && printed[2] == printed[0])
            }
        }

        /// Values that do not compress to nothing, so that there are blocks to compare.
        private func fill(_ cluster: Cluster, writes: Int, without absent: Int? = nil) async throws {
            let clients = cluster.all.filter { $0 != absent }.map(cluster.client)
            let statuses = try await concurrently(writes) { number in
                let value = (0..<64).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
                return try await clients[number % clients.count].set("key \(number % 50)", value).status
            }
            try #require(statuses.allSatisfy { $0 == 200 })
        }
    }
}

/// The segment files of one node, read as docs/log-format.md draws them and not through the program under test.
private struct Segments {
    let folder: String
    let names: [String]

    init(folder: String) throws {
        self.folder = folder + "/log"
        names = try FileManager.default.contentsOfDirectory(atPath: self.folder)
            .filter { $0.hasSuffix(".segment") }.sorted()
    }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try #require(FileManager.default.contents(atPath: "\(folder)/\(name)")))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    struct Block {
        var slots: ClosedRange<Int>
        var payload: Range<Int>
    }

    /// Every block, found by its magic and followed by its lengths.
    static func blocks(in bytes: [UInt8]) -> [Block] {
        let magic: [UInt8] = [0x9C, 0x42, 0x6C, 0x6B]
        func number(at offset: Int, count: Int) -> Int {
            (0..<count).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
        }
        var blocks: [Block] = []
        var offset = 0
        while offset + 80 <= bytes.count {
            guard Array(bytes[offset..<(offset + 4)]) == magic else {
                offset += 1
                continue
            }
            let first = number(at: offset + 8, count: 8)
            let payload = (offset + 80)..<(offset + 80 + number(at: offset + 24, count: 4))
            blocks.append(Block(slots: first...(first + number(at: offset + 16, count: 4) - 1), payload: payload))
            offset = payload.upperBound
        }
        return blocks
    }
}
