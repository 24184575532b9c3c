// A leader that stops gives its place to the voter that has accepted most, and keeps it if nobody takes it.

import Testing

@testable import Paxos

struct HandOverTests {
    @Test func heirLeadsWithoutAsking() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.settle()
        bed.turn(n0) { $0.handOver() }
        #expect(bed.network.map(\.kind) == [.takeOver])
        bed.settle()
        #expect(bed.leaders == [bed.replica(n0).leader?.node])
        #expect(bed.leaders != [n0])
        #expect(bed.violations == [])
    }

    @Test func heirIsWhoAcceptedMost() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.take { $0.to == n2 }
        bed.settle { $0.isBetween(n0, n1) }
        bed.turn(n0) { $0.handOver() }
        #expect(bed.network.filter { $0.kind == .takeOver }.map(\.to) == [n1])
    }

    @Test func handingOverProposesNothing() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.turn(n0) { $0.handOver() }
        #expect(!bed.replica(n0).canPropose)
    }

    @Test func lostTakeOverLeavesTheLeaderInOffice() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.turn(n0) { $0.handOver() }
        bed.take(.takeOver)
        bed.run(ticks: 30)
        #expect(bed.leaders == [n0])
        #expect(bed.replica(n0).canPropose)
    }

    /// The second attempt goes to somebody who still answers.
    @Test func deadHeirIsNotChosenAgain() throws {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.turn(n0) { $0.handOver() }
        let heir = try #require(bed.take(.takeOver).first?.to)
        bed.crash(heir)
        bed.run(ticks: 30)
        bed.turn(n0) { $0.handOver() }
        bed.settle()
        #expect(bed.leaders.count == 1)
        #expect(bed.leaders != [n0])
    }

    @Test func nobodyToHandOverToChangesNothing() {
        var bed = ReplicaBed(1)
        bed.tick(2)
        bed.turn(n0) { $0.handOver() }
        #expect(bed.replica(n0).canPropose)
    }

    @Test func takeOverOfAnOldLeaderIsIgnored() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.turn(n0) { $0.handOver() }
        let takeOver = bed.take(.takeOver)
        bed.elect(takeOver[0].to == n1 ? n2 : n1)
        let leader = bed.leaders
        bed.hand(takeOver)
        bed.settle()
        #expect(bed.leaders == leader)
    }
}
