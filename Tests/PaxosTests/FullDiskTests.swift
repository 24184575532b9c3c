// A node whose journal has no room neither accepts nor leads, and says no less than before of what it holds.

import Testing

@testable import Paxos

struct FullDiskTests {
    @Test func fullFollowerAcceptsNothingAndStillLearnsAndPromises() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.turn(n2) { $0.hasRoom = false }
        let records = bed[n2].journal.records.count
        bed.propose("a", at: n0)
        bed.deliver { $0.to == n2 && $0.kind == .accept }
        #expect(bed[n2].journal.records.count == records)
        #expect(!bed.network.contains { $0.from == n2 && $0.kind == .accepted })
        bed.settle()
        #expect(bed.texts(n0).last == "a")
        bed.prepare(n1)
        bed.deliver { $0.to == n2 && $0.kind == .prepare }
        #expect(bed.network.contains { $0.from == n2 && $0.kind == .promise })
        bed.settle()
        bed.turn(n2) { $0.hasRoom = true }
        bed.run(ticks: 20)
        #expect(bed.texts(n2) == bed.texts(n1))
        #expect(bed.violations == [])
    }

    @Test func fullLeaderHandsOver() {
        var bed = ReplicaBed(3)
        bed.elect(n0)
        bed.propose("a", at: n0)
        bed.settle()
        bed.turn(n0) { $0.hasRoom = false }
        #expect(bed.propose("b", at: n0) == nil)
        bed.run(ticks: 4)
        #expect(bed.leaders.count == 1 && bed.leaders != [n0])
        let leader = bed.leaders[0]
        bed.propose("b", at: leader)
        bed.run(ticks: 4)
        #expect(bed.texts(leader).last == "b")
        #expect(bed.violations == [])
    }

    @Test func fullNodeDoesNotStandForElection() {
        var bed = ReplicaBed(3)
        bed.turn(n2) { $0.hasRoom = false }
        bed.tick(300, [n2])
        #expect(bed.network.isEmpty)
        let takeOver = Message.TakeOver(ballot: ballot(1, n0))
        bed.turn(n2) { $0.receive(.takeOver(takeOver), from: n0, incarnation: .first) }
        #expect(bed.replica(n2).acceptor.promised == .none)
    }
}
