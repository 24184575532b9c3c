import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import Replication
import SystemPackage
import Testing

@testable import Node

@Suite struct MailboxTests {
    @Test func onlyTheFirstWakes() {
        let mailbox = Mailbox<Int>()
        #expect(mailbox.put(1))
        #expect(!mailbox.put(2))
        #expect(mailbox.take() == [1, 2])
        #expect(mailbox.take() == [])
        #expect(mailbox.put(3))
    }

    @Test func nothingIsLostBetweenThreads() async {
        let mailbox = Mailbox<Int>()
        await withTaskGroup { group in
            for worker in 0..<4 { group.addTask { for item in 0..<1_000 { _ = mailbox.put(worker * 1_000 + item) } } }
        }
        let items = mailbox.take()
        #expect(items.count == 4_000)
        for worker in 0..<4 {
            let own = items.filter { $0 / 1_000 == worker }
            #expect(own == own.sorted(), "what one thread put in comes out in its order")
        }
    }
}

@Suite struct HeldMessagesTests {
    private func message(_ attempt: UInt64) -> PeerMessage {
        PeerMessage(
            cluster: .none, incarnation: .first, configuration: .zero,
            content: .paxos(.preVote(Message.PreVote(attempt: attempt))))
    }

    @Test func messagesLeaveInOrderOnceTheirBatchIsDurable() {
        var held = HeldMessages()
        func left() -> [PeerMessage] {
            var left: [PeerMessage] = []
            while let next = held.next() { left.append(next.message) }
            return left
        }
        let isHeld = [nil, BatchID(1), BatchID(1), BatchID(3)].enumerated().map { index, batch in
            held.hold(message(UInt64(index)), to: NodeID(1), after: batch)
        }
        #expect(isHeld == [false, true, true, true])
        #expect(left() == [])
        held.noteDurable(BatchID(2))
        #expect(left() == [message(1), message(2)])
        let isHeldAgain = held.hold(message(4), to: NodeID(1), after: BatchID(2))
        #expect(!isHeldAgain, "its batch is durable already")
        held.noteDurable(BatchID(3))
        #expect(left() == [message(3)])
        #expect(held.count == 0)
    }
}

@Suite struct DriverHostTests {
    /// Writes down what it is asked for, and does nothing.
    private final class Recorder: StorageOutlet, PeerOutlet {
        enum Entry: Equatable {
            case journal(BatchID)
            case send(NodeID, PeerMessage.Content)
            case flush
            case adopt
            case admit
        }

        let entries = NIOLockedValueBox<[Entry]>([])

        private func note(_ entry: Entry) { entries.withLockedValue { $0.append(entry) } }
        func take() -> [Entry] {
            entries.withLockedValue { entries in
                defer { entries = [] }
                return entries
            }
        }

        func journal(_ batch: BatchID, _ records: [JournalRecord]) { note(.journal(batch)) }
        func appendLog(_ block: RawBlock) {}
        func readLog(from slot: Slot, bytes: Int, for peer: NodeID, offersSegment: Bool) {}
        func readPiece(_ question: PieceQuestion, for peer: NodeID) {}
        func keepPiece(_ piece: FilePiece) {}
        func discardPieces(besides kept: ShippedFile?) {}
        func takeIn(_ segment: SegmentName) {}
        func installSnapshot(_ snapshot: SnapshotName) {}
        func takeSnapshot(_ view: SnapshotView) {}
        func compact(verified: [Slot]) {}
        func replaceSegment(_ segment: SegmentName) {}
        func releaseJournal(through slot: Slot) {}
        func adopt(_ genesis: Genesis) { note(.adopt) }
        func admit(_ incarnation: Incarnation, as vote: UniqueID) { note(.admit) }
        func note(_ divergence: DivergenceReport) {}
        func send(_ message: PeerMessage, to node: NodeID) { note(.send(node, message.content)) }
        func flush() { note(.flush) }
    }

    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    /// A host of node 0 in a folder of memory, which has started; time does not pass by itself.
    private func host(members: [NodeID], _ recorder: Recorder) async throws -> (DriverHost, Identity) {
        let folder = try NodeFolder.open(
            MemoryFileSystem(), directory: "node", node: NodeID(0), now: 1, seed: 1, journalFileBytes: 4 << 20)
        let identity = folder.recovered.identity
        var configuration = DriverConfiguration(node: NodeID(0), members: members)
        configuration.tickInterval = 3_600_000_000
        let driver = ReplicaDriver(configuration: configuration, recovered: folder.recovered, seed: 1)
        let host = DriverHost(
            driver: driver, loop: loop, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await loop.submit { host.start(storage: recorder, peers: recorder) }.get()
        return (host, identity)
    }

    /// Waits until everything that was posted has had its turn.
    private func settle(_ host: DriverHost) async {
        for _ in 0..<3 { await host.look { _ in } }
    }

    @Test(.timeLimit(.minutes(1))) func promiseLeavesOnlyWhenItsRecordIsDurable() async throws {
        let recorder = Recorder()
        let members = [NodeID(0), NodeID(1), NodeID(2)]
        let (host, identity) = try await host(members: members, recorder)
        let entry = LogSample.genesis(members) { node in
            node == NodeID(0) ? identity.journal : UniqueID(high: 9, low: UInt64(node.rawValue))
        }
        func from(_ content: PeerMessage.Content) -> Event {
            .message(
                PeerMessage(
                    cluster: LogSample.cluster, incarnation: .first, configuration: .first, content: content),
                from: NodeID(1))
        }
        host.post(
            from(
                .standing(
                    Standing(
                        journal: UniqueID(high: 9, low: 1), membersHash: 0, genesis: entry,
                        asker: UniqueID(high: 1, low: 1)))))
        await settle(host)
        let first = recorder.take()
        #expect(first.contains(.journal(BatchID(1))) && !first.contains(.adopt))
        host.post(.journalDurable(BatchID(1)))
        await settle(host)
        #expect(recorder.take().contains(.adopt))

        let ballot = Ballot(round: 5, node: NodeID(1), incarnation: .first)
        host.post(from(.paxos(.prepare(Message.Prepare(ballot: ballot, base: Slot(2))))))
        await settle(host)
        let asked = recorder.take()
        let batch = try #require(
            asked.compactMap { entry -> BatchID? in
                if case .journal(let batch) = entry { batch } else { nil }
            }.first)
        func isPromise(_ entry: Recorder.Entry) -> Bool {
            if case .send(NodeID(1), .paxos(.promise(let promise))) = entry { promise.ballot == ballot } else { false }
        }
        #expect(!asked.contains(where: isPromise), "the promise waits for batch \(batch)")
        #expect(await host.look { _ in host.heldMessages } >= 1)
        host.post(.journalDurable(batch))
        await settle(host)
        let after = recorder.take()
        let promise = try #require(after.firstIndex(where: isPromise))
        #expect(after[promise...].contains(.flush), "and then it leaves in that turn")
        await end(host)
    }

    @Test(.timeLimit(.minutes(1))) func everyRequestIsAnsweredWhenTheHostEnds() async throws {
        let recorder = Recorder()
        let (host, _) = try await host(members: [NodeID(0), NodeID(1), NodeID(2)], recorder)
        async let waiting = host.ask(.noOp)
        await settle(host)
        await end(host)
        let answer = await waiting
        #expect(answer == .unknown || answer == .refused(.stopping))
        #expect(await host.ask(.noOp) == .refused(.stopping))
        #expect(await host.look { $0.configuration.node } == NodeID(0))
    }

    @Test(.timeLimit(.minutes(1))) func stoppingRefusesWhatIsAskedFromThenOn() async throws {
        let recorder = Recorder()
        let (host, _) = try await host(members: [NodeID(0), NodeID(1), NodeID(2)], recorder)
        await host.stop(within: .seconds(1))
        #expect(await host.ask(.noOp) == .refused(.stopping))
        await end(host)
    }

    private func end(_ host: DriverHost) async {
        await withUnsafeContinuation { continuation in
            loop.execute {
                host.end()
                continuation.resume()
            }
        }
    }
}
