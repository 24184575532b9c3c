// Which piece of a file is asked for next, and of whom.

import Paxos
import PaxosLog
import Testing

@testable import Replication

@Suite struct FileFetchTests {
    private static let file = ShippedFile.segment(SegmentName(firstSlot: Slot(7)))
    private let one = NodeID(1)
    private let other = NodeID(2)

    private func fetch() -> FileFetch {
        FileFetch(Self.file, from: one, pieceBytes: 4, patience: 3)
    }

    private func piece(_ offset: UInt64, _ bytes: [UInt8], of size: UInt64) -> FilePiece {
        FilePiece(file: Self.file, offset: offset, fileSize: size, bytes: bytes)
    }

    /// What is asked within so many ticks.
    private func question(_ fetch: inout FileFetch, ticks: Int = 1) -> (offset: UInt64, of: NodeID)? {
        for _ in 0..<ticks {
            if case .ask(let question, let node) = fetch.tick(others: [one, other]) { return (question.offset, node) }
        }
        return nil
    }

    @Test func piecesFollowOneAnotherToTheEnd() throws {
        var fetch = fetch()
        #expect(question(&fetch, ticks: 3) == nil, "the disk has not said what it keeps")
        #expect(fetch.noteKept(0) == nil)
        var offset: UInt64 = 0
        for bytes in [[1, 2, 3, 4], [5, 6]] as [[UInt8]] {
            let asked = try #require(question(&fetch))
            #expect(asked == (offset, one))
            guard case .keep = fetch.receive(piece(offset, bytes, of: 6), from: one, others: []) else {
                Issue.record("the piece was not kept")
                return
            }
            offset += UInt64(bytes.count)
            if offset < 6 { #expect(fetch.noteKept(offset) == nil) }
        }
        guard case .putInPlace(Self.file) = fetch.noteKept(6) else {
            Issue.record("the file is whole")
            return
        }
    }

    @Test func whatIsKeptIsNotAskedForAgain() throws {
        var fetch = fetch()
        _ = fetch.noteKept(5)
        #expect(try #require(question(&fetch)).offset == 5)
    }

    @Test func piecesThatWereNotAskedForAreLeftAlone() throws {
        var fetch = fetch()
        _ = fetch.noteKept(0)
        #expect(fetch.receive(piece(0, [1], of: 9), from: one, others: []) == nil, "nothing was asked")
        _ = question(&fetch)
        #expect(fetch.receive(piece(0, [1], of: 9), from: other, others: []) == nil)
        #expect(fetch.receive(piece(4, [1], of: 9), from: one, others: []) == nil)
        #expect(fetch.receive(piece(0, [1], of: 9), from: one, others: []) != nil)
        #expect(fetch.receive(piece(0, [1], of: 9), from: one, others: []) == nil, "it came twice")
    }

    @Test func whoIsSilentOrHasNothingIsLeftForAnother() throws {
        var silent = fetch()
        _ = silent.noteKept(0)
        #expect(try #require(question(&silent)).of == one)
        #expect(try #require(question(&silent, ticks: 10)) == (0, other))
        var empty = fetch()
        _ = empty.noteKept(0)
        _ = question(&empty)
        #expect(empty.receive(piece(0, [], of: 0), from: one, others: [one, other]) == nil)
        #expect(try #require(question(&empty)).of == other)
    }

    /// Fetches all of a file of four bytes from whoever is asked.
    private func complete(_ fetch: inout FileFetch) throws {
        let asked = try #require(question(&fetch))
        _ = fetch.receive(piece(0, [1, 2, 3, 4], of: 4), from: asked.of, others: [])
        #expect(fetch.noteKept(4) == .putInPlace(Self.file))
    }

    @Test func whenACopyIsUnprovenAnotherPeerIsAskedUntilNobodyIsLeft() throws {
        var fetch = fetch()
        _ = fetch.noteKept(0)
        try complete(&fetch)
        #expect(fetch.noteUnproven(others: [one, other]) == nil)
        #expect(try #require(question(&fetch)) == (0, other), "what was kept is gone")
        let end = fetch.receive(piece(0, [], of: 0), from: other, others: [one, other])
        #expect(end == .giveUp(keeping: false))
    }

    @Test func whatOthersGaveTooIsNoFaultOfTheLast() throws {
        var inherited = fetch()
        _ = inherited.noteKept(4)
        _ = question(&inherited)
        _ = inherited.receive(piece(4, [], of: 4), from: one, others: [])
        #expect(inherited.noteUnproven(others: [one, other]) == nil)
        #expect(try #require(question(&inherited)) == (0, one), "what was kept came from an earlier start")
        var mixed = fetch()
        _ = mixed.noteKept(0)
        _ = question(&mixed)
        _ = mixed.receive(piece(0, [1, 2, 3, 4], of: 8), from: one, others: [])
        _ = mixed.noteKept(4)
        _ = question(&mixed)
        #expect(try #require(question(&mixed, ticks: 10)) == (4, other), "it goes on where the silent one stopped")
        _ = mixed.receive(piece(4, [5, 6, 7, 8], of: 8), from: other, others: [])
        #expect(mixed.noteKept(8) == .putInPlace(Self.file))
        #expect(mixed.noteUnproven(others: [one, other]) == nil)
        #expect(try #require(question(&mixed)) == (0, other))
    }

    @Test func whereAllAreSilentWhatIsKeptStaysKept() throws {
        var fetch = fetch()
        _ = fetch.noteKept(0)
        var end: FileFetch.Action?
        for _ in 0..<20 where end == nil {
            if case .giveUp(let keeping)? = fetch.tick(others: [one, other]) { end = .giveUp(keeping: keeping) }
        }
        #expect(end == .giveUp(keeping: true))
    }

    private static let ended = EndedSegment(
        name: SegmentName(firstSlot: Slot(7)), lastSlot: Slot(90), fileSize: 6)

    @Test func aSegmentOfAnotherLengthIsNotMixedWithWhatIsKept() throws {
        var fetch = FileFetch(Self.file, whole: Self.ended, from: one, pieceBytes: 4, patience: 3)
        _ = fetch.noteKept(0)
        _ = question(&fetch)
        _ = fetch.receive(piece(0, [1, 2, 3, 4], of: 6), from: one, others: [])
        _ = fetch.noteKept(4)
        _ = question(&fetch)
        #expect(fetch.receive(piece(4, [5], of: 5), from: one, others: [one, other]) == nil)
        #expect(try #require(question(&fetch)) == (4, other))
        #expect(fetch.kept == 4 && fetch.size == 6)
        var long = FileFetch(Self.file, whole: Self.ended, from: one, pieceBytes: 4, patience: 3)
        #expect(long.noteKept(7) == .beginAnew)
        #expect(long.noteKept(0) == nil)
        #expect(try #require(question(&long)) == (0, one))
    }

    @Test func piecesAreReadOneATickInTheOrderOfThoseWhoAsk() {
        var queue = PieceQueue()
        func question(_ offset: UInt64) -> PieceQuestion {
            PieceQuestion(file: Self.file, offset: offset, length: 4)
        }
        queue.add(question(0), of: one)
        queue.add(question(8), of: other)
        queue.add(question(4), of: one)
        let first = queue.next()
        #expect(first?.peer == one && first?.question.offset == 4, "a later question takes an earlier one's place")
        queue.noteRead()
        #expect(queue.next() == nil, "not twice in a tick")
        queue.tick()
        #expect(queue.next()?.peer == other)
        queue.add(question(4), of: one)
        queue.tick()
        #expect(queue.next() == nil, "the last is not read yet")
        queue.noteRead()
        #expect(queue.next()?.peer == one)
    }

    @Test func theHighestPromiseOfThoseWhoGaveIsKept() {
        var fetch = fetch()
        _ = fetch.noteKept(0)
        let ballot = Ballot(round: 7, node: one, incarnation: .first)
        for (offset, promised) in [(0, ballot), (1, .none)] as [(UInt64, Ballot)] {
            _ = question(&fetch)
            let piece = FilePiece(file: Self.file, offset: offset, fileSize: 9, promised: promised, bytes: [1])
            _ = fetch.receive(piece, from: one, others: [])
            _ = fetch.noteKept(offset + 1)
        }
        #expect(fetch.promised == ballot)
    }

    @Test func aCopyThatIsTooShortIsAskedForFurtherLater() throws {
        var fetch = fetch()
        _ = fetch.noteKept(0)
        try complete(&fetch)
        #expect(fetch.noteShort(others: [one, other]) == nil)
        #expect(question(&fetch, ticks: 2) == nil)
        #expect(try #require(question(&fetch)) == (4, one))
        // It did not grow.
        _ = fetch.receive(piece(4, [], of: 4), from: one, others: [])
        #expect(fetch.noteShort(others: [one, other]) == nil)
        #expect(try #require(question(&fetch)) == (0, other), "another is asked for all of it")
    }
}
