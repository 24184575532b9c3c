// What nodes tell one another of how they are: when it leaves, what is in it, and how it grows old.

import Paxos
import PaxosLog
import StateMachine
import Testing

@testable import Replication

@Suite struct ReportTests {
    typealias Alone = ReplicaDriverTests.Alone

    private let peers = [NodeID(1), NodeID(2)]

    /// One of three, which belongs to a cluster that it founded.
    private func founder() throws -> Alone {
        var node = try Alone(members: [NodeID(0)] + peers)
        for peer in peers {
            let standing = Standing(
                journal: UniqueID(high: UInt64(peer.rawValue), low: 7),
                membersHash: node.driver.configuration.membersHash, genesis: nil, asker: node.driver.vote)
            node.turn(
                .message(
                    PeerMessage(
                        cluster: .none, incarnation: .learner, configuration: .zero, content: .standing(standing)),
                    from: peer))
        }
        _ = node.sync()
        return node
    }

    private func reports(_ effects: [Effect]) -> [(to: NodeID, report: NodeReport)] {
        effects.compactMap { effect in
            guard case .send(let message, let node, _) = effect, case .report(let report) = message.content else {
                return nil
            }
            return (node, report)
        }
    }

    private func message(_ report: NodeReport, from node: NodeID, to driver: ReplicaDriver) -> Event {
        .message(
            PeerMessage(
                cluster: driver.genesis?.cluster ?? .none, incarnation: .first, configuration: .first,
                content: .report(report)),
            from: node)
    }

    private func tick(_ node: inout Alone, _ ticks: Int) -> [Effect] {
        (0..<ticks).flatMap { _ in node.turn(.tick(now: node.driver.now + 10_000)) }
    }

    @Test func everyPeerIsToldTwiceASecond() throws {
        var node = try founder()
        let sent = reports(tick(&node, 200))
        #expect(sent.map(\.to) == Array(repeating: peers, count: 4).flatMap { $0 })
        #expect(sent.allSatisfy { $0.report.appliedThrough == .first && $0.report.entries.map(\.slot) == [.first] })
    }

    @Test func nodeWithoutAClusterTellsNothing() throws {
        var node = try Alone(members: [NodeID(0)] + peers)
        #expect(reports(tick(&node, 200)).isEmpty)
        #expect(node.driver.clusterView.own.unhealthy == "waiting for n1, n2 to form a cluster")
        #expect(node.driver.clusterView.peers.map(\.node) == peers)
    }

    @Test func whatWasHeardLastIsKeptAndGrowsOld() throws {
        var node = try founder()
        #expect(node.driver.clusterView.peers.allSatisfy { $0.heard == nil })
        var report = PeerCodecTests.report(entries: 3, blocks: 2)
        node.turn(message(report, from: NodeID(2), to: node.driver))
        _ = tick(&node, 30)
        report.appliedThrough = Slot(500)
        node.turn(message(report, from: NodeID(2), to: node.driver))
        node.turn(message(report, from: NodeID(9), to: node.driver))
        _ = tick(&node, 25)
        let view = node.driver.clusterView
        #expect(view.peers.map(\.node) == peers && view.peers[0].heard == nil)
        #expect(view.peers[1].heard?.report == report)
        #expect(view.peers[1].heard?.age == 250_000)
        #expect(view.peers[1].heard?.lag == 401, "the sender had heard of slot 901")
        #expect(view.knownChosenThrough == Slot(901))
    }

    @Test func entriesAreHashedAsEveryNodeHoldsThem() throws {
        var node = try Alone()
        node.lead()
        for number in 1...40 {
            node.turn(.request(RequestID(UInt64(number)), try ReplicaDriverTests.set("k\(number)", "v")))
            _ = node.sync()
        }
        let view = node.driver.clusterView
        let last = view.own.appliedThrough
        #expect(view.own.stride == 1)
        #expect(view.entries.map(\.slot) == (0..<32).map { Slot(last.rawValue - 31 + $0) })
        for (entry, reported) in zip(view.entries, view.own.entries) {
            let bytes = try #require(entry.bytes)
            #expect(try EntryView(in: bytes.span.bytes, at: 0).slot == entry.slot)
            #expect(xxh3(bytes, seed: 0) == reported.hash && entry.hash == reported.hash)
        }
    }

    @Test func longEntryIsNamedAndNotShown() throws {
        var node = try Alone()
        node.lead()
        let value = String(repeating: "v", count: ClusterView.longestEntry)
        node.turn(.request(RequestID(1), try ReplicaDriverTests.set("k", value)))
        _ = node.sync()
        let entry = try #require(node.driver.clusterView.entries.last)
        #expect(entry.bytes == nil && entry.length > ClusterView.longestEntry && entry.hash != 0)
    }

    /// Two nodes that report at different moments must still name the same slots while thousands go by in between.
    @Test func slotsThatGoByFastAreReportedFarApart() throws {
        var node = try Alone()
        node.lead()
        _ = tick(&node, 250)
        for number in 1...2_000 {
            node.driver.handle(.request(RequestID(UInt64(number)), try ReplicaDriverTests.set("k", "v")))
        }
        node.turn()
        _ = node.sync()
        let report = node.driver.clusterView.own
        #expect(report.stride == 64)
        #expect(report.entries.count > 25 && report.entries.allSatisfy { $0.slot.rawValue % 64 == 0 })
        _ = tick(&node, 300)
        #expect(node.driver.clusterView.own.stride == 1)
        #expect(node.driver.clusterView.history.last?.chosenThrough == report.chosenThrough)
    }

    @Test func blocksNamedAreTheLastOnesAndLandmarks() {
        var digests = BlockDigests()
        #expect(digests.blocks.isEmpty)
        // A hundred slots to a block.
        for block in 0..<1_000 {
            let first = Slot(UInt64(block * 100 + 1))
            digests.add(BlockDigest(slots: first...(first + 99), chainDigest: .start))
        }
        let through = digests.blocks.map(\.through.rawValue)
        let landmarks: [UInt64] = [16_400, 32_800, 49_200, 65_600, 82_000, 98_400]
        let recent: [UInt64] = [99_300, 99_400, 99_500, 99_600, 99_700, 99_800, 99_900, 100_000]
        #expect(through == landmarks + recent)
    }

    @Test func durableLogIsReportedWithItsDigests() throws {
        var node = try founder()
        let block = BlockDigest(slots: .first...Slot(9), chainDigest: .start)
        let extent = LogExtent(through: Slot(9), segments: 1, bytes: 700)
        node.turn(.logDurable(extent, [block]))
        let report = node.driver.clusterView.own
        #expect(report.log == extent)
        #expect(report.blocks == [NodeReport.Block(through: Slot(9), digest: .start)])
    }

    @Test func agreementIsThatOfTheLastBlockInCommon() {
        let one = PeerCodecTests.report(entries: 0, blocks: 4)
        var other = PeerCodecTests.report(entries: 0, blocks: 3)
        #expect(one.agreement(with: other) == .init(through: Slot(102), isSame: true))
        other.blocks[2].digest = one.blocks[0].digest
        #expect(one.agreement(with: other) == .init(through: Slot(102), isSame: false))
        other.blocks = [NodeReport.Block(through: Slot(50), digest: .start)]
        #expect(one.agreement(with: other) == nil)
    }
}
