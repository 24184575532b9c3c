// A disk that is not the acceptor it was: what a start asks the others, what makes it give up its vote, and how it asks
// for it back.

import Paxos
import PaxosLog
import StateMachine
import Testing

@testable import Replication

@Suite struct MembershipTests {
    private static let nodes = [NodeID(0), NodeID(1), NodeID(2)]
    private static let journal = UniqueID(high: 70, low: 0)
    private static let boot: UInt64 = 1_000
    private static let promised = Ballot(round: 5, node: NodeID(1), incarnation: .first)

    private static let genesis = Genesis(
        cluster: UniqueID(high: 9, low: 9),
        members: nodes.map {
            Genesis.Member(
                node: $0, incarnation: .first, journal: UniqueID(high: 70 + UInt64($0.rawValue), low: 0))
        }, limits: .standard)

    private static func entry(_ slot: Slot, _ kind: Entry.Kind, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        Entry(
            slot: slot, kind: kind, time: 1, session: SessionID(node: NodeID(0), incarnation: .first, boot: 1),
            sequence: 0, payload: payload
        ).encode(into: &bytes)
        return bytes
    }

    private static func chosen(_ entry: [UInt8], _ slot: Slot) -> Run {
        Run(ballot: .none, firstSlot: slot, count: 1, body: entry, sealedBy: Run.xxh3)
    }

    /// n0, started from a disk that holds genesis and a promise.
    private struct Restarted {
        var driver: ReplicaDriver
        var effects: [Effect] = []
        var now: UInt64 = 0

        init(
            strictly: Bool = false, asking: Bool = true, journal: UniqueID = MembershipTests.journal,
            incarnation: Incarnation = .first, chosen: [Run] = []
        ) {
            var configuration = DriverConfiguration(node: NodeID(0), members: MembershipTests.nodes)
            configuration.restartsStrictly = strictly
            configuration.asksForVote = asking
            let founding = MembershipTests.entry(.first, .genesis, MembershipTests.genesis.encoded())
            let recovered = RecoveredNode(
                identity: Identity(
                    node: NodeID(0), cluster: MembershipTests.genesis.cluster, incarnation: incarnation,
                    boot: MembershipTests.boot, journal: journal),
                genesis: RecoveredNode.Founding(value: MembershipTests.genesis, entry: founding), membership: nil,
                store: KeyValueStore(), log: .empty, logBlocks: [], segmentBytes: 0,
                promised: MembershipTests.promised, chosen: [MembershipTests.chosen(founding, .first)] + chosen,
                vouchedThrough: .first, accepted: [], now: 1)
            driver = ReplicaDriver(configuration: configuration, recovered: recovered, seed: 3)
        }

        mutating func tick(_ ticks: Int = 1) {
            for _ in 0..<ticks {
                now += 10_000
                driver.handle(.tick(now: now))
                take()
            }
        }

        mutating func receive(
            _ content: PeerMessage.Content, from node: Int, configuration: Slot = .first
        ) {
            driver.handle(
                .message(
                    PeerMessage(
                        cluster: MembershipTests.genesis.cluster, incarnation: .first, configuration: configuration,
                        content: content),
                    from: MembershipTests.nodes[node]))
            take()
        }

        /// Every batch is durable at once.
        private mutating func take() {
            let new = driver.takeEffects()
            effects += new
            for case .journal(let batch, _) in new {
                driver.handle(.journalDurable(batch))
                take()
            }
        }

        /// A leader whose heartbeats come.
        mutating func hear(from node: Int, ballot: Ballot) {
            let mark = Message.Mark(ballot: ballot, base: Slot(2), chosenThrough: .first)
            receive(.paxos(.heartbeat(Message.Heartbeat(mark: mark, round: 1))), from: node)
        }

        func sent(to node: Int? = nil) -> [PeerMessage.Content] {
            effects.compactMap { effect in
                guard case .send(let message, let to, _) = effect, node.map({ MembershipTests.nodes[$0] == to }) ?? true
                else { return nil }
                return message.content
            }
        }

        var suspensions: [SuspensionReason] {
            effects.compactMap { if case .report(.voteSuspended(let reason)) = $0 { reason } else { nil } }
        }

        var readmissions: [Readmission] {
            sent().compactMap { if case .readmission(let readmission) = $0 { readmission } else { nil } }
        }

        var hasAskedToLead: Bool {
            sent().contains { content in
                switch content {
                case .paxos(.preVote), .paxos(.prepare): true
                default: false
                }
            }
        }
    }

    private static func answer(
        boot: UInt64 = 0, start: UInt64 = 0, promised: Ballot = .none
    ) -> PeerMessage.Content {
        .recall(.answer(Memory(boot: boot, start: start, promised: promised)))
    }

    @Test func aStartAsksEveryPeerUntilItAnswers() {
        var node = Restarted()
        node.tick(12)
        #expect(node.sent(to: 1).count { if case .recall(.question) = $0 { true } else { false } } == 3)
        node.receive(Self.answer(), from: 1)
        node.effects = []
        node.tick(12)
        #expect(!node.sent(to: 1).contains { if case .recall = $0 { true } else { false } })
        #expect(node.sent(to: 2).contains { if case .recall(.question) = $0 { true } else { false } })
    }

    @Test func nothingIsPromisedBeforeTheOthersHaveAnswered() {
        var node = Restarted()
        let prepare = Message.Prepare(
            ballot: Ballot(round: 9, node: NodeID(1), incarnation: .first), base: Slot(2))
        node.receive(.paxos(.prepare(prepare)), from: 1)
        #expect(node.driver.promised == Self.promised)
        node.receive(Self.answer(boot: Self.boot - 1, promised: Self.promised), from: 1)
        node.receive(Self.answer(), from: 2)
        node.receive(.paxos(.prepare(prepare)), from: 1)
        #expect(node.driver.promised == prepare.ballot)
        #expect(node.suspensions.isEmpty)
    }

    @Test func whoIsSilentIsNotWaitedForForEver() {
        var node = Restarted()
        node.tick(200)
        #expect(node.hasAskedToLead)
    }

    @Test(arguments: [
        (answer(boot: boot + 1), SuspensionReason.olderThanItsStarts(NodeID(1), boot: boot + 1)),
        (answer(boot: boot, start: 1), .olderThanItsStarts(NodeID(1), boot: boot)),
        (
            answer(promised: Ballot(round: 6, node: NodeID(1), incarnation: .first)),
            .olderThanItsPromises(NodeID(1), Ballot(round: 6, node: NodeID(1), incarnation: .first))
        ),
    ])
    func anOlderDiskLosesItsVoteAndAsksForIt(_ answer: PeerMessage.Content, _ reason: SuspensionReason) {
        var node = Restarted()
        node.receive(answer, from: 1)
        #expect(node.suspensions == [reason])
        #expect(node.driver.status.role == .learner)
        node.tick(200)
        #expect(!node.hasAskedToLead)
        node.hear(from: 1, ballot: Ballot(round: 7, node: NodeID(1), incarnation: .first))
        node.tick(50)
        #expect(node.readmissions == [Readmission(journal: node.driver.vote, after: .first)])
        #expect(node.driver.vote != Self.journal, "what is chosen for the disk that this was is not for it")
    }

    @Test func whatIsRememberedOfThisStartIsNotOlder() {
        var node = Restarted()
        node.tick()
        let questions = node.sent(to: 1).compactMap { content -> UInt64? in
            if case .recall(.question(_, let start)) = content { start } else { nil }
        }
        node.receive(Self.answer(boot: Self.boot, start: questions[0], promised: Self.promised), from: 1)
        #expect(node.suspensions.isEmpty)
    }

    @Test func strictRestartHasNoVoteUntilItIsGivenAnotherLife() throws {
        var node = Restarted(strictly: true)
        node.tick()
        #expect(node.suspensions == [.strictRestart])
        let leader = Ballot(round: 7, node: NodeID(1), incarnation: .first)
        node.hear(from: 1, ballot: leader)
        let next = try #require(Self.genesis.membership.readmitting(NodeID(0), journal: node.driver.vote))
        let entry = Self.entry(Slot(2), .configuration, next.encoded())
        node.receive(
            .paxos(.learned(Message.Learned(run: Self.chosen(entry, Slot(2)), promised: leader))), from: 1)
        #expect(node.driver.incarnation == Incarnation(2))
        #expect(node.driver.status.role == .learner)
        node.tick(25)
        for peer in 1...2 {
            for attempt in 1...3 {
                let answer = Message.ReturnAnswer(
                    attempt: UInt64(attempt), promised: leader, configuration: Slot(2))
                node.receive(.paxos(.returnAnswer(answer)), from: peer, configuration: Slot(2))
            }
        }
        #expect(
            node.effects.contains { if case .admit(Incarnation(2), as: node.driver.vote) = $0 { true } else { false } })
        #expect(node.driver.status.role == .follower)
    }

    @Test func aLifeThatIsNotWrittenDownAsAdmittedAsksAgain() throws {
        let next = try #require(Self.genesis.membership.readmitting(NodeID(0), journal: Self.journal))
        let chosen = Self.chosen(Self.entry(Slot(2), .configuration, next.encoded()), Slot(2))
        for (written, votes) in [(Incarnation.learner, false), (Incarnation(2), true)] {
            var node = Restarted(incarnation: written, chosen: [chosen])
            for peer in 1...2 { node.receive(Self.answer(), from: peer) }
            #expect(node.driver.incarnation == Incarnation(2))
            #expect((node.driver.status.role == .follower) == votes)
        }
    }

    @Test func whoMustNotAskDoesNot() {
        var node = Restarted(asking: false, journal: UniqueID(high: 1, low: 1), incarnation: .learner)
        node.hear(from: 1, ballot: Ballot(round: 7, node: NodeID(1), incarnation: .first))
        node.tick(200)
        #expect(node.readmissions.isEmpty)
    }

    @Test func anUnreadableConfigurationStopsTheNode() {
        var node = Restarted()
        let entry = Self.entry(Slot(2), .configuration, [1, 2, 3])
        node.receive(
            .paxos(.learned(Message.Learned(run: Self.chosen(entry, Slot(2)), promised: Self.promised))), from: 1)
        #expect(node.effects.contains { if case .halt = $0 { true } else { false } })
    }

    @Test func peersAreToldWhatIsRemembered() {
        var node = Restarted()
        node.receive(
            .paxos(
                .promise(
                    Message.Promise(
                        ballot: Self.promised, chosenThrough: .first, part: 0, parts: 1, accepted: []))), from: 2)
        node.receive(.recall(.question(boot: 7, start: 8)), from: 2)
        node.receive(.recall(.question(boot: 9, start: 10)), from: 2)
        let memories = node.sent(to: 2).compactMap { if case .recall(.answer(let memory)) = $0 { memory } else { nil } }
        #expect(
            memories == [
                Memory(boot: 0, start: 0, promised: Self.promised), Memory(boot: 7, start: 8, promised: Self.promised),
            ])
    }
}
