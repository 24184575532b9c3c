import Testing

@testable import PaxosLoad

@Suite struct WorkloadTests {
    private static let node = try! NodeAddress.list(reading: "a:1")

    private func requests(
        _ count: Int, keys: Int = 100, keySize: Int = 12, isInOrder: Bool = false, valueSize: Int = 128,
        reads: Double = 0, seed: UInt64 = 7
    ) throws -> [Request] {
        var workload = Workload(
            try LoadSettings(
                nodes: Self.node, keys: keys, keySize: keySize, isInOrder: isInOrder, valueSize: valueSize,
                reads: reads,
                seed: seed))
        return (0..<count).map { workload.next(named: "3-\($0)") }
    }

    @Test func sameSeedGivesTheSameRequests() throws {
        #expect(try requests(50, reads: 0.5) == requests(50, reads: 0.5))
        #expect(try requests(50).map(\.key) != requests(50, seed: 8).map(\.key))
    }

    @Test(arguments: [(12, 128), (8, 10), (4_096, 0), (7, 40), (32, 1 << 20)])
    func sizesAreExact(_ keySize: Int, _ valueSize: Int) throws {
        for request in try requests(20, keySize: keySize, valueSize: valueSize) {
            #expect(request.key.utf8.count == keySize && request.value?.utf8.count == valueSize)
        }
    }

    @Test func keysArePaddedNumbersBelowTheirCount() throws {
        let keys = Set(try requests(2_000, keys: 10).map(\.key))
        #expect(keys.sorted() == (0..<10).map { "key-0000000\($0)" })
    }

    @Test func keysInOrderComeEachOnceAndThenAgain() throws {
        let keys = try requests(25, keys: 10, isInOrder: true).map(\.key)
        #expect(keys == (0..<25).map { "key-0000000\($0 % 10)" })
    }

    @Test func valuesNeedNoEscapeAndDiffer() throws {
        let values = try requests(1_000).compactMap(\.value)
        #expect(Set(values).count == 1_000)
        #expect(values[0].hasPrefix("id=3-0 "))
        let plain = UInt8(ascii: " ")...UInt8(ascii: "~")
        #expect(values.joined().utf8.allSatisfy { plain.contains($0) && !#""\"#.utf8.contains($0) })
    }

    @Test func fractionOfReadsIsKept() throws {
        let all = try requests(4_000, reads: 0.25)
        let reads = all.count { $0.kind == .get }
        #expect((800...1_200).contains(reads))
        #expect(all.allSatisfy { ($0.value == nil) == ($0.kind == .get) })
        #expect(try requests(100, reads: 1).allSatisfy { $0.kind == .get })
    }
}
