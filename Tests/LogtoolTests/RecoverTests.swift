// What is left of a cluster on its last node, and what becomes of it.

import ArgumentParser
import Paxos
import PaxosLog
import StateMachine
import SystemPackage
import Testing

@testable import logtool

@Suite struct RecoverTests {
    let fixture = FolderFixture()

    private func write(accepted slots: [Int]) throws {
        let all = try FolderFixture.entries(60)
        try fixture.write(0, Array(all[..<50]))
        // One run for each, as the runs of a leader that was cut off may leave gaps.
        for slot in slots { try fixture.accept([all[slot - 1]], of: 0) }
    }

    @Test func acceptedEntriesAreKept() throws {
        try write(accepted: [51, 52, 53])
        let state = try LastState(of: fixture.log(0))
        #expect(state.store.appliedThrough == Slot(53))
        #expect(state.summary.chosenThrough == 50)
        #expect(state.summary.accepted == ["51-53"])
        #expect(state.summary.empty.isEmpty)
        #expect(state.summary.lostFrom == 51)
        #expect(state.store.value(for: Array("ключ".utf8))?.value == Array("value 49".utf8))
        #expect(state.store.value(for: [0])?.value == Array("value 52".utf8))
    }

    @Test func slotsThatHoldNothingAreNamed() throws {
        try write(accepted: [52, 53, 56])
        let state = try LastState(of: fixture.log(0))
        #expect(state.summary.accepted == ["52-53", "56"])
        #expect(state.summary.empty == ["51", "54-55"])
        #expect(state.store.appliedThrough == Slot(56))
    }

    @Test func withoutAcceptedEntriesItIsTheChosenState() throws {
        try write(accepted: [])
        let state = try LastState(of: fixture.log(0))
        #expect(state.store.digest == (try PastState(of: fixture.log(0), at: .slot(Slot(50))).store.digest))
        #expect(state.summary.accepted.isEmpty)
    }

    @Test func chosenSlotsThatItDoesNotHoldAreRefused() throws {
        try write(accepted: [51])
        try fixture.learn([FolderFixture.entries(60)[54]], of: 0)
        #expect { try LastState(of: fixture.log(0)) } throws: { error in
            let failure = error as? Failure
            return failure?.status == 2 && failure?.message.hasPrefix("slots 51 to 54 are missing") == true
        }
    }

    @Test func damagedLogIsRefused() throws {
        try write(accepted: [51])
        _ = try fixture.damage(blockHolding: 20, of: 0)
        #expect { try LastState(of: fixture.log(0)) } throws: { ($0 as? Failure)?.status == 1 }
    }

    @Test func damagedJournalIsRefused() throws {
        try write(accepted: [51])
        fixture.fileSystem.flipByte(of: "/logs/n0/journal/0000000001.journal", at: 4096 * 2 + 200)
        #expect { try LastState(of: fixture.log(0)) } throws: { ($0 as? Failure)?.status == 1 }
    }

    @Test(arguments: [["x", "--to", "y"], ["x", "--force-new-cluster"]])
    func intentAndTargetAreNeeded(arguments: [String]) {
        #expect(throws: (any Error).self) { try Recover.parse(arguments) }
    }
}
