import Testing

@testable import Torture

@Suite struct NodeDamageTests {
    private let segment = "log/00000000000000000001.segment"
    private let journal = "journal/0000000001.journal"

    private func finding(_ file: String) -> String { "/disk-n0/data/\(file) at 16480, slots 2 to 9: it is damaged" }

    @Test func whatIsFoundInTheLogIsMended() {
        var damage = NodeDamage()
        damage.flip(segment, at: 1)
        #expect(damage.isUnmended)
        damage.note([finding(segment)])
        let isMended = damage.mend([finding(segment)], start: 2)
        #expect(isMended)
        #expect(!damage.mayBeOnDisk)
        let isMendedAgain = damage.mend([finding(segment)], start: 2)
        #expect(!isMendedAgain)
    }

    @Test func whatWasFlippedAfterTheStartIsNotMended() {
        var damage = NodeDamage()
        damage.flip(segment, at: 3)
        let isMended = damage.mend([finding(segment)], start: 2)
        #expect(!isMended)
        #expect(damage.isUnmended)
    }

    @Test func anotherFileIsNotMended() {
        var damage = NodeDamage()
        damage.flip(segment, at: 1)
        damage.flip("snapshots/00000000000000000900.snapshot", at: 1)
        let isMended = damage.mend([finding(segment)], start: 2)
        #expect(isMended)
        #expect(damage.isUnmended)
    }

    /// Whether or not the node had its vote when it found it.
    @Test func journalHoldsItsDamageUntilTheNodeFindsNone() {
        var damage = NodeDamage()
        damage.flip(journal, at: 1)
        damage.note([finding(journal)])
        let isMended = damage.mend([finding(journal)], start: 2)
        #expect(isMended)
        #expect(!damage.isUnmended)
        #expect(damage.mayBeOnDisk)
        damage.note([finding(segment), finding(journal)])
        #expect(damage.mayBeOnDisk)
        damage.note([finding(segment)])
        #expect(!damage.mayBeOnDisk)
    }
}
