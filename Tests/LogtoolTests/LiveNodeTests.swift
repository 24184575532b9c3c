// What a running node says is taken as it is, and nothing that it does not say that way.

import Paxos
import PaxosLog
import SystemPackage
import Testing

@testable import logtool

@Suite struct LiveNodeTests {
    private static let digest = String(repeating: "0123456789abcdef", count: 4)
    private static let listing = """
        {"node":"n2","logThrough":9,"appliedThrough":12,"segments":[{"name":"00000000000000000005.segment","firstSlot":5,\
        "lastSlot":9,"bytes":300,"blocks":2,"rawBytes":700,"sealed":true,"chainDigest":"\(digest)"}],"next":null,\
        "snapshots":[{"name":"00000000000000000004.snapshot","slot":4,"bytes":88}]}
        """

    @Test func listingIsRead() throws {
        let listing = try NodeListing(Array(Self.listing.utf8))
        #expect(listing.node == "n2" && listing.logThrough == Slot(9) && listing.appliedThrough == Slot(12))
        #expect(listing.next == nil && listing.bytes == 388)
        #expect(listing.segments.map(\.name) == [SegmentName(firstSlot: Slot(5))])
        let contents = try #require(listing.segments.first?.contents)
        #expect(contents.lastSlot == Slot(9) && contents.blocks == 2 && contents.rawBytes == 700)
        #expect("\(contents.chainDigest)" == Self.digest)
        #expect(listing.snapshots == [.init(name: SnapshotName(slot: Slot(4)), bytes: 88)])
    }

    @Test(arguments: [
        ("00000000000000000005.segment", "../etc/passwd"), ("00000000000000000004.snapshot", "lock"),
        (#""next":null"#, #""next":"x""#), (#""node":"n2","#, ""), (#""bytes":300"#, #""bytes":-1"#),
    ]) func anythingElseIsRefused(part: String, other: String) {
        let text = Self.listing.replacing(part, with: other)
        #expect(text != Self.listing)
        #expect(throws: NodeFailure.garbled("the listing of its files")) { try NodeListing(Array(text.utf8)) }
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:8000", "127.0.0.1:8000"), ("http://n0:1/", "n0:1"), ("http://n0", "n0"),
            ("http://[::1]:8000", "[::1]:8000"), ("https://n0", nil), ("http://n0:x", nil), ("paxos_logs/n0", nil),
            ("http:/n0", nil), ("http://", nil), ("http://n0/log", nil),
        ] as [(String, String?)]) func urlNamesAHost(text: String, host: String?)
    {
        #expect(NodeURL(text)?.host == host)
        #expect(NodeURL("http://[::1]:8000")?.name == "::1" && NodeURL("http://[::1]:8000")?.port == 8000)
        #expect(NodeURL("http://n0")?.port == 80)
    }

    @Test func whatWentWrongDecidesTheStatus() throws {
        let url = try #require(NodeURL("http://n0:1"))
        func status(_ failure: NodeFailure, isFirst: Bool = false) -> Int32 {
            failure.asFailure(url, isFirst: isFirst).status
        }
        #expect(status(.unreachable("x"), isFirst: true) == 66)
        #expect(status(.unreachable("x")) == 74)
        #expect(status(.refused(status: 410, reason: "x")) == 2)
        #expect(status(.refused(status: 404, reason: "x"), isFirst: true) == 66)
        // In the middle of a reading.
        #expect(Failure(NodeFailure.refused(status: 410, reason: "x").asStorageError("f")).status == 2)
        #expect(Failure(NodeFailure.unreachable("x").asStorageError("f")).status == 74)
    }

    @Test func chainDigestIsReadBack() {
        #expect(ChainDigest(Self.digest).map { "\($0)" } == Self.digest)
        for text in ["", String(Self.digest.dropLast()), Self.digest + "0", "g" + Self.digest.dropFirst()] {
            #expect(ChainDigest(text) == nil)
        }
    }
}
