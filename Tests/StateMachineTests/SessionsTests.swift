import Paxos
import Testing

@testable import StateMachine

/// One store with a small bound; each step applies `set` in the next slot.
private struct Bench {
    var store = KeyValueStore(sessionBound: 10)
    private(set) var writes = 0

    mutating func send(_ node: UInt16, boot: UInt64, incarnation: UInt32 = 1, _ sequence: UInt64) throws -> Outcome {
        writes += 1
        let command = Command.set(key: [1], value: Array("\(writes)".utf8))
        let session = SessionID(node: NodeID(node), incarnation: Incarnation(incarnation), boot: boot)
        let outcome = try store.apply(command, session: session, sequence: sequence)
        let isNew = outcome != .duplicate && outcome != .sessionExpired
        #expect((store.value(for: [1])?.modified == store.appliedThrough) == isNew, "only a new request writes")
        #expect(store.digest == store.recomputedDigest())
        return outcome
    }

    mutating func pass(slots: Int) {
        for _ in 0..<slots {
            let nobody = SessionID(node: NodeID(0), incarnation: .learner, boot: 0)
            _ = store.skip(slot: store.appliedThrough.next, time: 0, session: nobody, sequence: 0)
        }
    }
}

@Suite struct SessionsTests {
    @Test func requestSentAgainIsAppliedOnce() throws {
        var bench = Bench()
        #expect(try bench.send(0, boot: 1, 1) == .done(existed: false))
        #expect(try bench.send(0, boot: 1, 1) == .duplicate)
        #expect(try bench.send(0, boot: 1, 2) == .done(existed: true))
        #expect(try bench.send(0, boot: 1, 1) == .duplicate)
        bench.pass(slots: 1000)
        #expect(try bench.send(0, boot: 1, 1) == .duplicate, "what came in order is never forgotten")
        #expect(try bench.send(0, boot: 1, 2) == .duplicate)
        #expect(try bench.send(0, boot: 1, 3) == .done(existed: true))
    }

    @Test func requestsOutOfOrderAreEachAppliedOnce() throws {
        var bench = Bench()
        for sequence: UInt64 in [5, 2, 7, 1, 6, 4] {
            #expect(try bench.send(0, boot: 1, sequence) != .duplicate)
            #expect(try bench.send(0, boot: 1, sequence) == .duplicate)
        }
        #expect(try bench.send(0, boot: 1, 3) == .sessionExpired, "twelve slots later the gap is forgotten")
    }

    @Test func gapIsRememberedForTheBoundAndNoLonger() throws {
        for wait in [9, 10] {
            var bench = Bench()
            _ = try bench.send(0, boot: 1, 1)
            _ = try bench.send(0, boot: 1, 3)
            bench.pass(slots: wait)
            // The request comes wait + 1 slots after the one that opened the gap.
            #expect(try bench.send(0, boot: 1, 2) == (wait == 9 ? .done(existed: true) : .sessionExpired))
            #expect(try bench.send(0, boot: 1, 3) == .duplicate)
            #expect(try bench.send(0, boot: 1, 1) == (wait == 9 ? .duplicate : .sessionExpired))
        }
    }

    @Test func lateRequestIsRefusedAndNotCalledADuplicate() throws {
        var bench = Bench()
        _ = try bench.send(0, boot: 1, 2)
        bench.pass(slots: 11)
        #expect(try bench.send(0, boot: 1, 1) == .sessionExpired)
        #expect(try bench.send(0, boot: 1, 3) == .done(existed: true), "the session itself goes on")
    }

    @Test func olderBootIsRememberedForTheBoundAfterItsLastUse() throws {
        var bench = Bench()
        _ = try bench.send(0, boot: 1, 1)
        _ = try bench.send(0, boot: 2, 1)
        bench.pass(slots: 8)
        #expect(try bench.send(0, boot: 1, 1) == .duplicate, "ten slots later it is still known")
        #expect(try bench.send(0, boot: 1, 2) == .sessionExpired, "a duplicate is no use")
        #expect(bench.store.sessionCount == 1)
        #expect(try bench.send(0, boot: 2, 2) == .done(existed: true))
    }

    @Test func olderBootInUseStays() throws {
        var bench = Bench()
        _ = try bench.send(0, boot: 1, 1)
        _ = try bench.send(0, boot: 2, 1)
        for sequence in 2...20 as ClosedRange<UInt64> {
            bench.pass(slots: 8)
            #expect(try bench.send(0, boot: 1, sequence) == .done(existed: true))
        }
        #expect(bench.store.sessionCount == 2)
    }

    @Test func requestThatFillsAGapIsAUse() throws {
        var bench = Bench()
        _ = try bench.send(0, boot: 1, 1)
        _ = try bench.send(0, boot: 1, 3)
        _ = try bench.send(0, boot: 2, 1)
        bench.pass(slots: 8)
        #expect(try bench.send(0, boot: 1, 2) == .done(existed: true))
        bench.pass(slots: 8)
        #expect(try bench.send(0, boot: 1, 3) == .duplicate)
    }

    @Test func newestBootStaysForEver() throws {
        var bench = Bench()
        _ = try bench.send(0, boot: 1, 1)
        bench.pass(slots: 1000)
        #expect(try bench.send(0, boot: 1, 1) == .duplicate)
        bench.pass(slots: 1000)
        _ = try bench.send(0, boot: 2, 1)
        #expect(bench.store.sessionCount == 1, "the boot before it was used too long ago")
        #expect(try bench.send(0, boot: 1, 2) == .sessionExpired)
    }

    @Test func bootThatWasNeverSeenIsRefusedBehindANewerOne() throws {
        var bench = Bench()
        _ = try bench.send(0, boot: 5, 1)
        #expect(try bench.send(0, boot: 4, 1) == .sessionExpired)
        #expect(try bench.send(0, boot: 5, incarnation: 0, 1) == .sessionExpired)
        #expect(try bench.send(0, boot: 5, incarnation: 2, 1) == .done(existed: true))
    }

    @Test func nodesDoNotShareSessions() throws {
        var bench = Bench()
        for node in 0..<5 as Range<UInt16> { #expect(try bench.send(node, boot: 1, 1) != .duplicate) }
        #expect(bench.store.sessionCount == 5)
        for node in 0..<5 as Range<UInt16> { #expect(try bench.send(node, boot: 1, 1) == .duplicate) }
    }

    @Test func sequenceZeroIsNobodys() throws {
        var bench = Bench()
        for _ in 0..<3 { #expect(try bench.send(0, boot: 1, 0) != .duplicate) }
        #expect(bench.store.sessionCount == 0)
    }

    @Test func noOpOfARequestIsSettledToo() throws {
        var bench = Bench()
        let session = SessionID(node: NodeID(0), incarnation: .first, boot: 1)
        #expect(bench.store.skip(slot: Slot(1), time: 0, session: session, sequence: 1) == .done(existed: false))
        #expect(bench.store.skip(slot: Slot(2), time: 0, session: session, sequence: 1) == .duplicate)
        #expect(bench.store.skip(slot: Slot(3), time: 0, session: session, sequence: 0) == .done(existed: false))
        #expect(try bench.send(0, boot: 1, 1) == .duplicate)
    }

    @Test func extremeSequencesAreSettled() throws {
        var bench = Bench()
        #expect(try bench.send(0, boot: .max, .max) == .done(existed: false))
        #expect(try bench.send(0, boot: .max, .max) == .duplicate)
        #expect(try bench.send(0, boot: .max, .max - 1) == .done(existed: true))
        #expect(try bench.send(0, boot: .max, 1) == .done(existed: true))
    }
}
