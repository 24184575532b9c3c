// However many verify a log at once, and whichever way it is read, the same is found in the same order.

import Dispatch
import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

private struct TestWorkers: Workers {
    let count: Int

    func perform(_ body: @Sendable (Int) -> Void) {
        DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }
}

@Suite struct ChosenLogVerificationTests {
    private static let limits = LogLimits(blockBytes: 256, segmentBytes: 1500)
    /// Three segments, the last one open.
    private static let written = Sample.threeSegments(ofEntries: 70, openBlocks: 3, limits: limits)

    private func reader(_ fileSystem: MemoryFileSystem) -> ChosenLogReader {
        ChosenLogReader(fileSystem, directory: Sample.directory)
    }

    private func findings(_ fileSystem: MemoryFileSystem, jobs: Int) throws -> [LogFinding] {
        try all(reader(fileSystem).verification(by: TestWorkers(count: jobs)))
    }

    private func all(_ cursor: consuming ChosenLogCursor) throws -> [LogFinding] {
        var findings: [LogFinding] = []
        while let finding = try cursor.next() { findings.append(finding) }
        return findings
    }

    /// As `findings`, by one who reads the payloads from the front.
    private func plainFindings(_ fileSystem: MemoryFileSystem) throws -> [LogFinding] {
        try all(reader(fileSystem).cursor(depth: .payloads))
    }

    /// As `plainFindings`, two blocks at a time.
    private func replayed(_ fileSystem: MemoryFileSystem, from slot: Slot = .first) throws -> [LogFinding] {
        try all(reader(fileSystem).replay(from: slot))
    }

    private func backwards(_ fileSystem: MemoryFileSystem, from slot: Slot = Slot(1 << 62)) throws -> [LogFinding] {
        var cursor = try reader(fileSystem).backwards(from: slot)
        var findings: [LogFinding] = []
        while let finding = try cursor.next() { findings.append(finding) }
        return findings
    }

    private func withoutPayloads(_ findings: [LogFinding]) -> [LogFinding] {
        findings.map { finding in
            guard case .block(let block) = finding else { return finding }
            return .block(LogBlock(file: block.file, offset: block.offset, header: block.header, raw: nil))
        }
    }

    private func files(_ fileSystem: MemoryFileSystem) throws -> [FilePath] {
        try fileSystem.list(Sample.directory).map { Sample.directory.appending($0) }
    }

    @Test(arguments: [1, 2, 3, 8]) func wholeLogIsFoundWholeByAnyNumber(jobs: Int) throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let found = try findings(fileSystem, jobs: jobs)
        #expect(found.count == Self.written.count)
        #expect(found == withoutPayloads(try plainFindings(fileSystem)))
    }

    @Test(arguments: [0, 1, 2]) func everyFlippedByteGivesTheSameFindings(_ segment: Int) throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let file = try files(fileSystem)[segment]
        let size = try #require(fileSystem.contents(of: file)?.count)
        for offset in stride(from: segment, to: size, by: 5) {
            fileSystem.flipByte(of: file, at: offset, mask: 0x41)
            defer { fileSystem.flipByte(of: file, at: offset, mask: 0x41) }
            let plain = try plainFindings(fileSystem)
            #expect(try findings(fileSystem, jobs: 3) == withoutPayloads(plain), "offset \(offset)")
            let reversed = try Array(backwards(fileSystem).reversed())
            #expect(reversed == plain, "offset \(offset), backwards")
            #expect(try replayed(fileSystem) == plain, "offset \(offset), replayed")
        }
    }

    @Test(arguments: [0, 1, 2]) func everyCutGivesTheSameFindings(_ segment: Int) throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let file = try files(fileSystem)[segment]
        let bytes = try #require(fileSystem.contents(of: file))
        for size in stride(from: 0, to: bytes.count, by: 7) {
            fileSystem.install(Array(bytes[..<size]), at: file)
            let plain = try plainFindings(fileSystem)
            #expect(try findings(fileSystem, jobs: 3) == withoutPayloads(plain), "cut at \(size)")
            #expect(try Array(backwards(fileSystem).reversed()) == plain, "cut at \(size), backwards")
            #expect(try replayed(fileSystem) == plain, "cut at \(size), replayed")
        }
    }

    @Test(arguments: [1, 2, 3]) func brokenChainIsFoundByAnyNumber(jobs: Int) throws {
        for length in (Self.written.count - 3)..<Self.written.count {
            let fileSystem = try Sample.fileSystem(Array(Self.written[...length]))
            let block = try #require(try Reading(fileSystem).blocks.last)
            try Sample.forge(block, fileSystem)
            let plain = try plainFindings(fileSystem)
            #expect(plain.count == length + 1)
            guard case .damage(let damage)? = plain.last else {
                Issue.record("the broken chain is found")
                return
            }
            #expect(damage.slots == block.slots && damage.reason.contains("chain"))
            #expect(try findings(fileSystem, jobs: jobs) == withoutPayloads(plain))
            #expect(try replayed(fileSystem) == plain)
        }
    }

    @Test func missingSegmentGivesTheSameFindings() throws {
        for missing in 0..<2 {
            let fileSystem = try Sample.fileSystem(Self.written)
            try fileSystem.remove(try files(fileSystem)[missing])
            let plain = try plainFindings(fileSystem)
            #expect(try findings(fileSystem, jobs: 3) == withoutPayloads(plain))
            #expect(try Array(backwards(fileSystem).reversed()) == plain)
            #expect(try replayed(fileSystem) == plain)
        }
    }

    @Test func replayingBeginsWithTheBlockOfItsSlot() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        for (index, block) in Self.written.enumerated() {
            for slot in [block.firstSlot, block.lastSlot] {
                let raw = try replayed(fileSystem, from: slot).compactMap { finding in
                    if case .block(let block) = finding { block.raw } else { nil }
                }
                #expect(raw == Array(Self.written[index...]))
            }
        }
    }

    @Test func readingBackwardsBeginsWithTheBlockOfItsSlot() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        for (index, block) in Self.written.enumerated() {
            for slot in [block.firstSlot, block.lastSlot] {
                let raw = try backwards(fileSystem, from: slot).compactMap { finding in
                    if case .block(let block) = finding { block.raw } else { nil }
                }
                #expect(raw == Self.written[...index].reversed())
            }
        }
        #expect(try backwards(MemoryFileSystem()).isEmpty)
    }

    @Test func oneSegmentIsReadAsPartOfItsLog() throws {
        let fileSystem = try Sample.fileSystem(Self.written)
        let reader = reader(fileSystem)
        let names = try reader.segments()
        // Cut short: no crash explains that, as another segment follows.
        let bytes = try #require(fileSystem.contents(of: reader.path(of: names[1])))
        fileSystem.install(Array(bytes.dropLast(SegmentTrailer.length + 1)), at: reader.path(of: names[1]))
        var forwards = try reader.cursor(from: names[1].firstSlot, depth: .payloads, through: names[1])
        var found: [LogFinding] = []
        while let finding = try forwards.next() { found.append(finding) }
        var cursor = try reader.backwards(from: Slot(1 << 62), in: names[1])
        var reversed: [LogFinding] = []
        while let finding = try cursor.next() { reversed.append(finding) }
        #expect(Array(reversed.reversed()) == found)
        guard case .damage(let damage)? = found.last else {
            Issue.record("the cut is found")
            return
        }
        #expect(damage.kind == .corrupt)
        #expect(
            found.count == Self.written.filter {
                $0.firstSlot >= names[1].firstSlot && $0.firstSlot < names[2].firstSlot
            }.count + 1)
    }
}
