// Ballots are totally ordered and unique to a proposer; any two majorities meet ("Paxos Made Simple", 2.2 and 2.3).

import Testing

@testable import Paxos

struct BallotAndQuorumTests {
    @Test func roundOutranksNodeAndNodeOutranksIncarnation() {
        #expect(ballot(1, n2) < ballot(2, n0))
        #expect(ballot(1, n0) < ballot(1, n1))
        #expect(ballot(1, n0, incarnation: Incarnation(2)) < ballot(1, n1))
        #expect(ballot(1, n0) < ballot(1, n0, incarnation: Incarnation(2)))
    }

    @Test func noBallotIsBelowEveryBallotAndNobodyLeadsIt() {
        let members = firstMembers(3)
        #expect(Ballot.none < ballot(1, n0))
        #expect(!members.mayLead(.none))
        #expect(!members.mayLead(ballot(0, n1)))
        #expect(members.mayLead(ballot(1, n1)))
    }

    @Test func onlyMembersInTheirPresentLifeMayLead() {
        let members = firstMembers(3)
        #expect(!members.mayLead(ballot(1, n3)))
        #expect(!members.mayLead(ballot(1, n1, incarnation: .learner)))
        #expect(!members.mayLead(ballot(1, n1, incarnation: Incarnation(2))))
    }

    @Test(arguments: Array(stride(from: 1, through: 99, by: 2)))
    func twoMajoritiesMeet(size: Int) {
        let majority = firstMembers(size).majority
        #expect(majority == (size + 1) / 2)
        #expect(2 * majority > size)
        // As many may fail as there are others.
        #expect(size - majority == majority - 1)
    }

    @Test(arguments: [2, 4, 6])
    func evenSizesTolerateNoMoreThanTheOddSizeBelow(size: Int) {
        #expect(firstMembers(size).majority == size / 2 + 1)
    }

    /// The slot that as many members as a majority have accepted through.
    @Test(arguments: [1, 3, 5, 7, 9, 99])
    func majorityAcceptedNeedsAMajority(size: Int) {
        let members = firstMembers(size)
        let own = ballot(1, n0)
        var leadership = Leadership(ballot: own, base: .first, inherited: Candidacy(ballot: own, base: .first))
        leadership.ownThrough = Slot(7)
        for member in members.members where member.node != n0 {
            var peer = Leadership.Progress(base: .first)
            peer.noteHeard(asVoter: true)
            leadership.peers[member.node] = peer
        }
        for count in 1..<max(members.majority, 2) {
            let isMajority = count >= members.majority
            #expect(leadership.majorityAccepted(members, own: n0) == (isMajority ? Slot(7) : .zero))
            leadership.peers[NodeID(UInt16(count))]?.noteAccepted(through: Slot(7))
        }
        #expect(leadership.majorityAccepted(members, own: n0) == Slot(7))
    }
}
