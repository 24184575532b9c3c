// Pieces of a node's files are fetched short where something is looked up and long where it is read on, and few are kept.

import Testing

@testable import logtool

@Suite struct PieceCacheTests {
    private func piece(_ start: UInt64, _ count: Int, of file: String = "a") -> PieceCache.Piece {
        PieceCache.Piece(
            file: file, start: start, bytes: (0..<count).map { UInt8(truncatingIfNeeded: start + UInt64($0)) })
    }

    @Test func whatWasFetchedIsHeld() {
        var cache = PieceCache()
        cache.insert(piece(100, 50))
        #expect(Array(cache.bytes(of: "a", at: 120).prefix(2)) == [120, 121])
        #expect(cache.bytes(of: "a", at: 100).count == 50)
        for place: UInt64 in [0, 99, 150] { #expect(cache.bytes(of: "a", at: place).isEmpty) }
        #expect(cache.bytes(of: "b", at: 120).isEmpty)
    }

    @Test func lookingUpFetchesLittle() {
        var cache = PieceCache()
        #expect(cache.fetchLength(of: "a", at: 0, wanted: 80) == PieceCache.shortest)
        cache.insert(piece(0, PieceCache.shortest))
        #expect(cache.fetchLength(of: "a", at: 50_000_000, wanted: 96) == PieceCache.shortest)
        #expect(cache.fetchLength(of: "b", at: 4_096, wanted: 96) == PieceCache.shortest)
        #expect(cache.fetchLength(of: "b", at: 4_096, wanted: 90_000) == 90_000)
    }

    @Test func readingOnFetchesMoreAndMore() {
        var cache = PieceCache()
        var place: UInt64 = 0
        var lengths: [Int] = []
        for _ in 0..<6 {
            let length = cache.fetchLength(of: "a", at: place, wanted: 80)
            lengths.append(length)
            cache.insert(piece(place, length))
            // From header to header, some way apart.
            place += UInt64(length) + 30_000
        }
        #expect(lengths == [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 1 << 20])
        #expect(cache.fetchLength(of: "a", at: place, wanted: 90 << 20) == PieceCache.longest)
    }

    @Test func memoryIsBounded() {
        var cache = PieceCache()
        for number in 0..<200 { cache.insert(piece(UInt64(number) << 20, 1 << 20)) }
        #expect((0..<200).count { !cache.bytes(of: "a", at: UInt64($0) << 20).isEmpty } == 32)
        #expect(!cache.bytes(of: "a", at: 199 << 20).isEmpty)
        for number in 0..<2_000 { cache.insert(piece(UInt64(number), 1, of: "b")) }
        #expect((0..<2_000).count { !cache.bytes(of: "b", at: UInt64($0)).isEmpty } == 512)
    }
}
