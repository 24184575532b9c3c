import FoundationEssentials
import HTTPTypes
import NIOCore
import Paxos
import PaxosLog
import StateMachine
import Testing

@testable import Node
@testable import Replication

/// A cluster of four as n1 knows it: n0 fell silent, n2 leads and holds another log, n3 was never heard of.
enum ClusterSample {
    static let ballot = Ballot(round: 3, node: NodeID(2), incarnation: .first)
    static let cluster = UniqueID(high: 0xABCD, low: 1)

    static func digest(_ byte: UInt8) -> ChainDigest {
        ChainDigest(loading: [UInt8](repeating: byte, count: ChainDigest.length).span.bytes, at: 0)
    }

    static func report(_ role: DriverStatus.Role, applied: UInt64, digest byte: UInt8) -> NodeReport {
        NodeReport(
            role: role, leader: NodeID(2), ballot: ballot, promised: ballot, chosenThrough: Slot(90),
            appliedThrough: Slot(applied), knownChosenThrough: Slot(92), digest: StateDigest(), keys: 7, unhealthy: nil,
            log: LogExtent(through: Slot(64), segments: 1, bytes: 70_000),
            blocks: [.init(through: Slot(32), digest: digest(1)), .init(through: Slot(64), digest: digest(byte))],
            stride: 1, entries: [.init(slot: Slot(applied), hash: 0xFF)])
    }

    static func encoded(_ slot: UInt64, _ kind: Entry.Kind, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        Entry(
            slot: Slot(slot), kind: kind, time: 1_700_000_000_000_000,
            session: SessionID(node: NodeID(1), incarnation: .first, boot: 1), sequence: 0, payload: payload
        ).encode(into: &bytes)
        return bytes
    }

    static var view: ClusterView {
        ClusterView(
            node: NodeID(1), cluster: cluster, own: report(.follower, applied: 90, digest: 2),
            peers: [
                .init(
                    node: NodeID(0),
                    heard: .init(report: report(.follower, applied: 80, digest: 2), age: 12_300_000, lag: 3)),
                .init(
                    node: NodeID(2), heard: .init(report: report(.leader, applied: 91, digest: 9), age: 400_000, lag: 1)
                ),
                .init(node: NodeID(3), heard: nil),
            ],
            entries: [
                entry(89, .noOp, []), entry(90, .command, try! Command.set(key: [0x6B], value: [0x3C]).encoded()),
            ],
            history: [.init(time: 5_000_000, chosenThrough: Slot(90))])
    }

    static func entry(_ slot: UInt64, _ kind: Entry.Kind, _ payload: [UInt8]) -> ClusterView.Entry {
        let bytes = encoded(slot, kind, payload)
        return ClusterView.Entry(slot: Slot(slot), hash: slot, length: bytes.count, bytes: bytes)
    }

    static var status: ClusterStatus {
        ClusterStatus(
            view: view, time: 6_000_000,
            traffic: [.init(time: 5, requests: 10, failures: 1, p50Microseconds: 120, p99Microseconds: 900)],
            isDiskFull: false)
    }
}

@Suite struct ClusterStatusTests {
    private static func json(_ value: JSONValue) -> String {
        var buffer = ByteBuffer()
        value.write(to: &buffer)
        return String(buffer: buffer)
    }

    /// What programs read of it, by the names that docs/api.md promises.
    private struct Answer: Decodable {
        struct Node: Decodable {
            struct Agreement: Decodable {
                var through: UInt64
                var same: Bool
            }
            struct Block: Decodable {
                var through: UInt64
                var digest: String
            }
            struct Entry: Decodable {
                var slot: UInt64
                var hash: String
            }
            var id: String
            var reachable: Bool
            var ageMilliseconds: UInt64?
            var role: String?
            var leader: String?
            var ballot: String?
            var promised: String?
            var chosenThrough: UInt64?
            var appliedThrough: UInt64?
            var lag: UInt64?
            var logThrough: UInt64?
            var segments: UInt64?
            var logBytes: UInt64?
            var keys: UInt64?
            var digest: String?
            var unhealthy: String?
            var agreement: Agreement?
            var blocks: [Block]?
            var stride: UInt64?
            var entries: [Entry]?
        }
        struct Entry: Decodable {
            var slot: UInt64
            var time: UInt64?
            var kind: String?
            var text: String
            var hash: String
        }
        struct Second: Decodable, Equatable {
            var time: UInt64
            var requests: Int
            var failures: Int
            var p50Microseconds: UInt64
            var p99Microseconds: UInt64
        }
        var node: String
        var cluster: String?
        var time: UInt64
        var nodes: [Node]
        var entries: [Entry]
        var chosen: [[UInt64]]
        var traffic: [Second]
    }

    private func answer(_ status: ClusterStatus) throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: Data(Self.json(status.json).utf8))
    }

    @Test func everyMemberStandsInItHeardOfOrNot() throws {
        let answer = try answer(ClusterSample.status)
        #expect(answer.node == "n1" && answer.cluster == "\(ClusterSample.cluster)" && answer.time == 6_000_000)
        #expect(answer.nodes.map(\.id) == ["n0", "n1", "n2", "n3"])
        #expect(answer.nodes.map(\.reachable) == [false, true, true, false])
        #expect(answer.nodes.map(\.ageMilliseconds) == [12_300, 0, 400, nil])
        #expect(answer.nodes.map(\.role) == ["follower", "follower", "leader", nil])
        #expect(answer.nodes.map(\.lag) == [12, 2, 1, nil], "a silent node lags behind what is known now")
        let own = answer.nodes[1]
        #expect(own.leader == "n2" && own.ballot == "\(ClusterSample.ballot)" && own.promised == own.ballot)
        #expect(own.chosenThrough == 90 && own.appliedThrough == 90 && own.keys == 7 && own.stride == 1)
        #expect(own.logThrough == 64 && own.segments == 1 && own.logBytes == 70_000 && own.unhealthy == nil)
        #expect(own.blocks?.last?.digest == "\(ClusterSample.digest(2))" && own.blocks?.map(\.through) == [32, 64])
        #expect(own.entries?.map(\.hash) == ["00000000000000ff"] && own.digest == "\(StateDigest())")
    }

    @Test func logThatDiffersIsToldByItsDigest() throws {
        let nodes = try answer(ClusterSample.status).nodes
        #expect(nodes.map { $0.agreement?.same } == [true, true, false, nil])
        #expect(nodes[2].agreement?.through == 64)
    }

    @Test func entriesAreText() throws {
        let answer = try answer(ClusterSample.status)
        #expect(answer.entries.map(\.text) == ["noop", "set k <"])
        #expect(answer.entries.map(\.kind) == ["noop", "command"])
        #expect(answer.entries[1].time == 1_700_000_000_000_000 && answer.entries[1].hash == "000000000000005a")
        #expect(answer.chosen == [[5_000_000, 90]])
        #expect(
            answer.traffic
                == [.init(time: 5, requests: 10, failures: 1, p50Microseconds: 120, p99Microseconds: 900)])
    }

    static let longOnes: [[UInt8]] = [
        Array(repeating: 0x61, count: 60_000), Array(repeating: 0, count: 60_000),
        Array(String(repeating: "é", count: 9_000).utf8), Array(String(repeating: "𐍈", count: 9_000).utf8),
        Array(repeating: 0xF0, count: 300), Array(repeating: 0x61, count: 194), Array(repeating: 0x61, count: 195),
    ]

    @Test(arguments: longOnes) func longTextIsThatOfTheWholeEntryCut(_ value: [UInt8]) throws {
        let command = Command.set(key: [0x6B], value: value)
        let entry = ClusterSample.entry(1, .command, try command.encoded())
        let expected = command.text.count > 200 ? command.text.prefix(200) + "…" : command.text
        #expect(entry.shown?.text == expected)
    }

    @Test func unreadableCommandIsShownAsItIs() {
        #expect(ClusterSample.entry(1, .command, [1, 2, 3]).shown?.text == "unreadable \\x01\\x02\\x03")
    }

    @Test func entryTooLongToShowSaysItsLength() throws {
        var status = ClusterSample.status
        status.view.entries = [ClusterView.Entry(slot: Slot(7), hash: 1, length: 1_048_700, bytes: nil)]
        let entry = try answer(status).entries[0]
        #expect(entry.text == "an entry of 1048700 bytes" && entry.kind == nil && entry.time == nil)
    }

    @Test func fullDiskIsAReason() throws {
        var status = ClusterSample.status
        status.isDiskFull = true
        #expect(try answer(status).nodes.map(\.unhealthy) == [nil, "the disk is full", nil, nil])
    }

    @Test func textIsATable() {
        let expected = """
            n1 of cluster 000000000000abcd0000000000000001

                role      ballot  chosen  applied  lag  log through  log bytes
            n0  follower  3.n2.1      90       80   12           64      70000  no word for 12 s
            n1  follower  3.n2.1      90       90    2           64      70000
            n2  leader    3.n2.1      90       91    1           64      70000  its log differs from this node's
            n3  –         –            –        –    –            –          –  no word yet

            A browser shows more here. Programs ask /cluster, /status and /health, and the store under /store/.

            """
        #expect(ClusterSample.status.text == expected)
    }
}

@Suite struct StatusPageTests {
    @Test func policyLetsThePageRunItsOwnScriptAndNothingElse() throws {
        let policy = try #require(StatusPage.page.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'; script-src 'sha256-"))
        #expect(policy.contains("connect-src 'self'") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe"))
        // The SHA-256 of "abc" and of the empty text are known.
        let page = StatusPage(Array("<style></style><script>abc</script>".utf8))
        let other = try #require(page.headers[.contentSecurityPolicy])
        #expect(other.contains("script-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='"))
        #expect(other.contains("style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"))
        #expect(page.headers[.eTag] != StatusPage.page.headers[.eTag])
    }

    /// The page must be all there is: it works on a machine that reaches nothing but the node.
    @Test func pageNamesNoOtherHostAndMakesNoMarkupOfText() {
        let page = String(buffer: StatusPage.page.html)
        let addresses = page.split(separator: "http").dropFirst().filter { !$0.hasPrefix("://www.w3.org/2000/svg") }
        #expect(addresses.isEmpty, "\(addresses.map { $0.prefix(40) })")
        for way in [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=\"", " onclick=",
        ] {
            #expect(!page.contains(way), "\(way)")
        }
    }
}
