// The driver's seam: what waits for the disk, what is answered and when, and what an empty folder may do.

import CAllocations
import Paxos
import PaxosLog
import StateMachine
import SystemPackage
import Testing

@testable import Replication

@Suite struct ReplicaDriverTests {
    /// A cluster of one, on a disk in memory; the test decides when a batch is durable.
    struct Alone {
        var driver: ReplicaDriver
        var batches: [BatchID] = []
        var effects: [Effect] = []

        init(members: [NodeID] = [NodeID(0)]) throws {
            let folder = try NodeFolder.open(
                MemoryFileSystem(), directory: "/data", node: NodeID(0), now: 1_000_000, seed: 1,
                journalFileBytes: 64 << 10)
            driver = folder.unpack { _, _, recovered in
                ReplicaDriver(
                    configuration: DriverConfiguration(node: NodeID(0), members: members), recovered: recovered, seed: 2
                )
            }
        }

        /// - Returns: the effects of this turn.
        @discardableResult mutating func turn(_ events: Event...) -> [Effect] {
            for event in events { driver.handle(event) }
            let new = driver.takeEffects()
            for case .journal(let batch, _) in new { batches.append(batch) }
            effects += new
            return new
        }

        mutating func sync() -> [Effect] {
            guard let last = batches.last else { return [] }
            batches.removeAll()
            return turn(.journalDurable(last))
        }

        /// Until it leads.
        mutating func lead() {
            for now in 1...20 {
                turn(.tick(now: UInt64(now) * 10_000))
                while !batches.isEmpty { _ = sync() }
            }
        }
    }

    static func answers(_ effects: [Effect]) -> [Answer] {
        effects.compactMap { if case .answer(_, let answer) = $0 { answer } else { nil } }
    }

    static func set(_ key: String, _ value: String) throws -> Request {
        .command(try Command.set(key: Array(key.utf8), value: Array(value.utf8)).encoded())
    }

    @Test func writeIsAnsweredOnlyAfterTheJournalIsDurable() throws {
        var node = try Alone()
        node.lead()
        #expect(Self.answers(node.turn(.request(RequestID(1), try Self.set("k", "v")))).isEmpty)
        for now in 30...60 { #expect(Self.answers(node.turn(.tick(now: UInt64(now) * 10_000))).isEmpty) }
        let answers = Self.answers(node.sync())
        #expect(answers == [.applied(node.driver.store.appliedThrough, .done(existed: false))])
    }

    @Test func commandsOfOneTurnShareOneBatch() throws {
        var node = try Alone()
        node.lead()
        for number in 1...100 {
            node.driver.handle(.request(RequestID(UInt64(number)), try Self.set("k\(number)", "v")))
        }
        let effects = node.turn()
        let runs = effects.flatMap { effect -> [Run] in
            guard case .journal(_, let records) = effect else { return [] }
            return records.compactMap { if case .accepted(let run) = $0 { run } else { nil } }
        }
        #expect(runs.map(\.count) == [100])
        #expect(Self.answers(node.sync()).count == 100)
    }

    /// A leader keeps some megabytes of runs for its followers.
    @Test(.enabled(if: callocations_counts())) func aWriteCopiesNothingOfThoseBefore() throws {
        var node = try Alone()
        node.lead()
        func bytesAllocated(by writes: Range<UInt64>) throws -> Int {
            callocations_reset()
            for number in writes {
                node.turn(.request(RequestID(number), try Self.set("k", "v")))
                _ = node.sync()
                node.effects.removeAll(keepingCapacity: true)
            }
            return Int(callocations_total()) / writes.count
        }
        let early = try bytesAllocated(by: 1..<1_000)
        _ = try bytesAllocated(by: 1_000..<8_000)
        let late = try bytesAllocated(by: 8_000..<9_000)
        #expect(late < 2 * early)
    }

    @Test func readIsLinearizableOnANodeAlone() throws {
        var node = try Alone()
        node.lead()
        node.turn(.request(RequestID(1), try Self.set("k", "v")))
        _ = node.sync()
        let answers = Self.answers(node.turn(.request(RequestID(2), .read(key: Array("k".utf8)))))
        guard case .value(let stored, _)? = answers.first else {
            Issue.record("the read was not answered: \(answers)")
            return
        }
        #expect(stored?.value == Array("v".utf8))
    }

    @Test func requestWithoutAMajorityIsRefusedInTime() throws {
        var node = try Alone(members: [NodeID(0), NodeID(1), NodeID(2)])
        node.turn(.request(RequestID(1), try Self.set("k", "v")), .request(RequestID(2), .read(key: [1])))
        for now in 1...520 { node.turn(.tick(now: UInt64(now) * 10_000)) }
        #expect(Self.answers(node.effects) == [.refused(.unavailable), .refused(.unavailable)])
    }

    @Test func nodeWithoutRoomWritesNothingAndGoesOnWhenThereIsRoom() throws {
        var node = try Alone()
        node.lead()
        let through = node.driver.store.appliedThrough
        node.turn(.room(false), .request(RequestID(1), try Self.set("k", "v")))
        for now in 30...60 { node.turn(.tick(now: UInt64(now) * 10_000)) }
        #expect(node.batches.isEmpty && Self.answers(node.effects).isEmpty)
        node.turn(.room(true))
        #expect(Self.answers(node.sync()) == [.applied(through.next, .done(existed: false))])
    }

    @Test func requestThatFoundNoRoomInTimeDidNotHappen() throws {
        var node = try Alone()
        node.lead()
        node.turn(.room(false), .request(RequestID(1), try Self.set("k", "v")))
        for now in 30...550 { node.turn(.tick(now: UInt64(now) * 10_000)) }
        #expect(Self.answers(node.effects) == [.refused(.unavailable)])
        node.turn(.room(true))
        #expect(node.batches.isEmpty, "what was refused is not proposed any more")
    }

    @Test func stoppingNodeRefusesNewRequests() throws {
        var node = try Alone()
        node.lead()
        node.turn(.stop)
        #expect(Self.answers(node.turn(.request(RequestID(1), .noOp))) == [.refused(.stopping)])
    }

    @Test func clusterIsNotFoundedBeforeAllMembersAreEmpty() throws {
        var node = try Alone(members: [NodeID(0), NodeID(1), NodeID(2)])
        let hash = node.driver.configuration.membersHash
        func standing(_ journal: UInt64, hash: UInt64) -> PeerMessage {
            PeerMessage(
                cluster: .none, incarnation: .learner, configuration: .zero,
                content: .standing(
                    Standing(
                        journal: UniqueID(high: journal, low: 0), membersHash: hash, genesis: nil,
                        asker: node.driver.vote)))
        }
        node.turn(.tick(now: 10_000), .message(standing(11, hash: hash), from: NodeID(1)))
        #expect(node.driver.genesis == nil)
        node.turn(.message(standing(12, hash: hash ^ 1), from: NodeID(2)))
        #expect(node.driver.genesis == nil)
        node.turn(.message(standing(12, hash: hash), from: NodeID(2)))
        #expect(node.driver.genesis?.members.map(\.journal.high).dropFirst() == [11, 12])
        // It is spoken of only when it is durable.
        #expect(!node.effects.contains { if case .adopt = $0 { true } else { false } })
        let adopted = node.sync()
        #expect(adopted.contains { if case .adopt = $0 { true } else { false } })
    }

    /// The founder lost its disk, and another member's word that it was empty was meant for the life before.
    @Test func answerToAnEarlierLifeDoesNotCount() throws {
        var node = try Alone(members: [NodeID(0), NodeID(1)])
        func answer(to asker: UniqueID) -> Event {
            .message(
                PeerMessage(
                    cluster: .none, incarnation: .learner, configuration: .zero,
                    content: .standing(
                        Standing(
                            journal: UniqueID(high: 8, low: 0), membersHash: node.driver.configuration.membersHash,
                            genesis: nil, asker: asker))), from: NodeID(1))
        }
        node.turn(.tick(now: 10_000), answer(to: UniqueID(high: 1, low: 2)))
        #expect(node.driver.genesis == nil)
        node.turn(answer(to: node.driver.vote))
        #expect(node.driver.genesis != nil)
    }

    /// n1 has told the founder's new life that it is empty: that may found another cluster by now.
    @Test func whatAnEarlierLifeFoundedIsAdoptedOnlyFromTheNewOne() throws {
        let (old, new) = (UniqueID(high: 77, low: 0), UniqueID(high: 78, low: 0))
        for (journal, isAdopted) in [(old, false), (new, true)] {
            let folder = try NodeFolder.open(
                MemoryFileSystem(), directory: "/data", node: NodeID(1), now: 1_000_000, seed: 1,
                journalFileBytes: 64 << 10)
            var driver = ReplicaDriver(
                configuration: DriverConfiguration(node: NodeID(1), members: [NodeID(0), NodeID(1)]),
                recovered: folder.recovered, seed: 2)
            let genesis = Genesis(
                cluster: UniqueID(high: 9, low: 9),
                members: [
                    .init(node: NodeID(0), incarnation: .first, journal: old),
                    .init(node: NodeID(1), incarnation: .first, journal: driver.vote),
                ], limits: .standard)
            var entry: [UInt8] = []
            Entry(
                slot: .first, kind: .genesis, time: 1,
                session: SessionID(node: NodeID(0), incarnation: .first, boot: 1), sequence: 0,
                payload: genesis.encoded()
            ).encode(into: &entry)
            let hash = driver.configuration.membersHash
            for standing in [
                Standing(journal: new, membersHash: hash, genesis: nil, asker: nil),
                Standing(journal: journal, membersHash: hash, genesis: entry, asker: driver.vote),
            ] {
                driver.handle(
                    .message(
                        PeerMessage(
                            cluster: .none, incarnation: .learner, configuration: .zero, content: .standing(standing)),
                        from: NodeID(0)))
            }
            #expect((driver.genesis != nil) == isAdopted)
        }
    }

    @Test func genesisThatNamesAnotherJournalMakesALearner() throws {
        var node = try Alone(members: [NodeID(0), NodeID(1)])
        let genesis = Genesis(
            cluster: UniqueID(high: 9, low: 9),
            members: [
                .init(node: NodeID(0), incarnation: .first, journal: UniqueID(high: 77, low: 0)),
                .init(node: NodeID(1), incarnation: .first, journal: UniqueID(high: 78, low: 0)),
            ], limits: .standard)
        var entry: [UInt8] = []
        Entry(
            slot: .first, kind: .genesis, time: 1,
            session: SessionID(node: NodeID(1), incarnation: .first, boot: 1), sequence: 0, payload: genesis.encoded()
        ).encode(into: &entry)
        node.turn(
            .message(
                PeerMessage(
                    cluster: genesis.cluster, incarnation: .first, configuration: .first,
                    content: .standing(
                        Standing(
                            journal: UniqueID(high: 78, low: 0), membersHash: node.driver.configuration.membersHash,
                            genesis: entry, asker: node.driver.vote))),
                from: NodeID(1)))
        _ = node.sync()
        #expect(node.driver.status.role == .learner)
        for now in 1...400 { node.turn(.tick(now: UInt64(now) * 10_000)) }
        let spoke = node.effects.contains { effect in
            guard case .send(let message, _, _) = effect, case .paxos(let content) = message.content else {
                return false
            }
            if case .prepare = content { return true }
            if case .preVote = content { return true }
            return false
        }
        #expect(!spoke, "a learner stands for no election")
    }

    @Test func messagesOfAnotherClusterAreDropped() throws {
        var node = try Alone(members: [NodeID(0), NodeID(1)])
        node.turn(
            .message(
                PeerMessage(
                    cluster: UniqueID(high: 1, low: 1), incarnation: .first, configuration: .first,
                    content: .paxos(
                        .prepare(
                            .init(ballot: Ballot(round: 1, node: NodeID(1), incarnation: .first), base: .first)))),
                from: NodeID(1)))
        #expect(node.batches.isEmpty)
        #expect(node.driver.status.promised == .none)
    }
}
