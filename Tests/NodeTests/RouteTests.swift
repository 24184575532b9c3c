import HTTPTypes
import Hummingbird
import Paxos
import PaxosLog
import Testing

@testable import Node

@Suite struct RouteTests {
    private static func key(_ text: String) -> [UInt8] { Array(text.utf8) }

    static let found: [(HTTPRequest.Method, String, Route)] = [
        (.post, "/store/set", .set),
        (.post, "/store/set/", .set),
        (.post, "/store/set?x=1", .set),
        (.post, "/store/delete", .deleteByBody),
        (.post, "/store/delete/", .deleteByBody),
        (.get, "/store/nop", .noOp),
        (.post, "/store/nop/", .noOp),
        (.post, "/admin/snapshot", .snapshot), (.post, "/admin/compact/", .compact),
        (.get, "/", .root),
        (.get, "/?", .root),
        (.get, "/cluster/", .cluster),
        (.get, "/status", .status),
        (.head, "/status", .status),
        (.get, "/metrics", .metrics),
        (.get, "/admin/configuration/", .configuration),
        (.get, "/log/entries", .entries(from: nil, limit: nil)),
        (.head, "/log/entries/?limit=0&from=7", .entries(from: Slot(7), limit: 0)),
        (.get, "/log/entries/encoded?from=7&limit=2", .encodedEntries(from: Slot(7), limit: 2)),
        (.get, "/log/entries/digest/?from=7&to=9", .entriesDigest(Slot(7)...Slot(9))),
        (.get, "/log/block?slot=7", .block(holding: Slot(7))),
        (.get, "/log/files", .files(from: .first)), (.head, "/log/files/?from=7", .files(from: Slot(7))),
        (.get, "/log/files/identity.json", .file(.identity)),
        (
            .get, "/log/files/00000000000000000007.segment",
            .file(.shipped(.segment(SegmentName(firstSlot: Slot(7)))))
        ),
        (
            .get, "/log/files/00000000000000000007.snapshot",
            .file(.shipped(.snapshot(SnapshotName(slot: Slot(7)))))
        ),
        (.get, "/store/set/k/v", .setInPath(key: key("k"), value: key("v"))),
        (.post, "/store/set/a%2Fb/", .setInPath(key: key("a/b"), value: [])),
        (.put, "/store/k", .put(key: key("k"))),
        (.put, "/store/set", .put(key: key("set"))),
        (.put, "/store/%00%ff", .put(key: [0, 0xFF])),
        (.head, "/store/get/k", .get(key: key("k"), .linearizable)),
        (.get, "/status/", .status),
        (.get, "/health", .health),
        (.get, "/crash", .crash),
        (.post, "/crash", .crash),
        (.get, "/log/print/dump.txt", .print(name: "dump.txt")),
        (.get, "/store/get/k", .get(key: key("k"), .linearizable)),
        (.get, "/store/get/k?consistency=linearizable", .get(key: key("k"), .linearizable)),
        (.get, "/store/get/k?a=b&consistency=local", .get(key: key("k"), .local)),
        (.get, "/store/get/a%2Fb", .get(key: key("a/b"), .linearizable)),
        (.get, "/store/get/%2f%2F", .get(key: key("//"), .linearizable)),
        (.get, "/store/get/%00", .get(key: [0], .linearizable)),
        (.get, "/store/get/%ff%00%80", .get(key: [0xFF, 0, 0x80], .linearizable)),
        (.get, "/store/get/a+b", .get(key: key("a+b"), .linearizable)),
        (.get, "/store/get/%25", .get(key: key("%"), .linearizable)),
        (.get, "/store/get/%3Fconsistency=local", .get(key: key("?consistency=local"), .linearizable)),
        (.get, "/store/get/..", .get(key: key(".."), .linearizable)),
        (.get, "/store/get/.", .get(key: key("."), .linearizable)),
        (.get, "/store/get/é", .get(key: key("é"), .linearizable)),
        (.get, "/store/get/", .get(key: [], .linearizable)),
        (.delete, "/store/k", .delete(key: key("k"))),
        (.delete, "/store/set", .delete(key: key("set"))),
        (.delete, "/store/get", .delete(key: key("get"))),
        (.delete, "/store/a%2Fb", .delete(key: key("a/b"))),
        (.delete, "/store/", .delete(key: [])),
    ]

    @Test(arguments: found) func requestFindsItsRoute(
        _ method: HTTPRequest.Method, _ target: String, _ route: Route
    ) throws {
        #expect(try Route(method: method, target: target) == route)
    }

    static let refused: [(HTTPRequest.Method, String, Int)] = [
        (.post, "/", 405), (.post, "/cluster", 405), (.get, "", 404), (.get, "*", 404), (.get, "/nothing", 404),
        (.get, "/store", 404),
        (.get, "/store/", 405), (.get, "/store/k", 405), (.get, "/store/set", 405),
        (.post, "/store/k", 405), (.get, "/store/delete", 405), (.delete, "/store/get/k", 405),
        (.post, "/store/get/k", 405), (.post, "/status", 405), (.delete, "/health", 405), (.put, "/crash", 405),
        (.get, "/store/get/a/b", 404), (.get, "/store/get/a/", 404), (.delete, "/store/a/b", 404),
        (.get, "//store/get/k", 404), (.get, "/store//get/k", 404), (.get, "/store/get", 400),
        (.get, "/store/get/%", 400), (.get, "/store/get/%2", 400), (.get, "/store/get/%zz", 400),
        (.get, "/store/get/%+1", 400), (.get, "/store/get/\u{FFFD}", 400),
        (.get, "/store/get/k?consistency=maybe", 400), (.get, "/store/get/k?consistency", 400),
        (.get, "/log/print/", 400), (.get, "/log/print", 400), (.get, "/log/print/..%2Fescape", 400),
        (.get, "/log/files/..%2Fidentity.json", 404), (.get, "/log/files/lock", 404),
        (.get, "/log/files/journal/1", 404), (.get, "/log/files/1.segment", 404), (.post, "/log/files", 405),
        (.get, "/log/entries/digest?from=7", 400), (.get, "/log/entries/digest?from=7&to=6", 400),
        (.get, "/log/block?slot=0", 400), (.get, "/log/entries/other", 404),
        (.get, "/log/print/a/b", 404), (.get, "/log", 404), (.get, "/status/more", 404),
        (.put, "/store/a/b", 404), (.head, "/store/set/k/v", 405), (.head, "/store/nop", 405),
        (.get, "/admin/snapshot", 405), (.get, "/admin/compact", 405), (.head, "/crash", 405),
        (.head, "/log/print/x", 405), (.get, "/store/set/k", 404), (.get, "/store/set/k/v/w", 404),
        (.get, "/store/set/%/v", 400), (.get, "/store/set/k/%zz", 400), (.post, "/log/entries", 405),
        (.get, "/log/entries?from=0", 400), (.get, "/log/entries?from=x", 400), (.get, "/log/entries?limit=-1", 400),
        (.get, "/log/entries?limit", 400), (.get, "/admin", 404), (.put, "/admin/configuration", 405),
    ]

    @Test(arguments: refused) func wrongRequestIsRefused(
        _ method: HTTPRequest.Method, _ target: String, _ status: Int
    ) throws {
        let failure = try #require(throws: HTTPFailure.self) { try Route(method: method, target: target) }
        #expect(failure.status.code == status, "\(failure.reason)")
        #expect((failure.allow != nil) == (status == 405))
    }

    @Test(arguments: [
        "a", "dump.txt", "A-Z_0.9", "log.txt", "journal2", "lock.txt", String(repeating: "n", count: 128),
    ])
    func plainNameMayBePrintedTo(_ name: String) { #expect(PrintName.check(name) == name) }

    @Test(arguments: [
        "", ".", "..", ".hidden", "a/b", "../x", "a b", "a\0b", "é", "a%2e", "identity.json", "identity.json.new",
        "IDENTITY.json", "divergence.json", "repair-1.json", "journal", "log", "Log", "snapshots", "quarantine",
        "Incoming", "lock", "a\n", String(repeating: "n", count: 129),
    ])
    func otherNameIsRefused(_ name: String) { #expect(PrintName.check(name) == nil) }
}
