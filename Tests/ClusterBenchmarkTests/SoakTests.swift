import Foundation
import Measuring
import Testing

@testable import ClusterBenchmark

@Suite struct SoakTests {
    private static func report(perSecond: Double, failed: Int = 0, p99: Int = 2_000) -> Programs.LoadReport {
        .init(
            all: .init(
                succeeded: 1_000, failed: failed, requestsPerSecond: perSecond,
                latencyMicroseconds: .init(p50: 900, p90: 1_000, p99: p99, p999: 3_000, max: 4_000)), seconds: 1)
    }

    private static func disk(log: Int) -> DiskUse {
        var disk = DiskUse(of: "/no/such/folder", process: 0)
        (disk.log, disk.snapshots, disk.journal) = (log, 20, 10)
        (disk.largestSnapshot, disk.largestSegment) = (10, 8)
        return disk
    }

    private static func rows(memory: [Int] = [50, 60, 62, 64]) -> [SoakRow] {
        memory.enumerated().map { number, bytes in
            var row = SoakRow(writes: 1_000 * (number + 1), nodes: 2)
            row.note(disk(log: 40), memory: bytes, of: 0)
            row.note(disk(log: 30), memory: 10, of: 1)
            row.load = report(perSecond: 100)
            return row
        }
    }

    @Test func diskIsThatOfTheFullestMoment() {
        let row = Self.rows()[0]
        #expect(row.disk?.log == 40 && row.memory == [50, 10])
        // Three snapshots, five segments, the journal.
        #expect(row.disk?.bound == 80 && row.disk?.total == 70)
    }

    @Test func filesThatAreDeletedCountUntilTheyAreClosed() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "soak-tests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "1.segment")
        try Data(count: 1_234).write(to: path)
        let file = try FileHandle(forReadingFrom: path)
        try FileManager.default.removeItem(at: path)
        #expect(DiskUse(of: folder.path, process: getpid()).total == 1_234)
        try file.close()
        #expect(DiskUse(of: folder.path, process: getpid()).total == 0)
    }

    private static func rounds(_ ratios: [Double]) -> [SoakRound] {
        ratios.map { SoakRound(aged: 100 * $0, young: 100) }
    }

    @Test func eachBoundCanBeMissed() {
        func held(_ rows: [SoakRow], _ rounds: [SoakRound] = Self.rounds([0.5, 0.91, 1.1])) -> [Bool] {
            SoakBounds.verdicts(on: rows, rounds).map(\.isHeld)
        }
        #expect(held(Self.rows()) == [true, true, true, true])
        var rows = Self.rows()
        rows[1].load = Self.report(perSecond: 100, failed: 1)
        #expect(held(rows) == [false, true, true, true])
        rows = Self.rows()
        rows[2].note(Self.disk(log: 51), memory: 0, of: 1)
        #expect(held(rows) == [true, false, true, true])
        #expect(held(Self.rows(), Self.rounds([1.2, 0.89, 0.8])) == [true, true, false, true])
        #expect(held(Self.rows(), []) == [true, true, false, true])
        #expect(held(Self.rows(memory: [50, 60, 62, 67])) == [true, true, true, false])
    }

    @Test func tableAndPlotHaveEachRow() {
        let rows = Self.rows()
        #expect(SoakRow.table(rows).count == 5 && SoakRound.table(Self.rounds([1, 2])).count == 3)
        let svg = SoakPlot(rows: rows).svg
        #expect(svg.split(separator: "<polyline").count == 1 + 1 + 2 + 2, "speed, disk and its bound, two nodes")
        #expect(SoakPlot(rows: []).svg.contains("<svg"))
    }

    @Test func snapshotsAreJudgedByTheMedianRatio() {
        let rounds = [1_000, 1_400, 9_000].map {
            SnapshotBenchmark.Round(
                with: Self.report(perSecond: 10, p99: $0), without: Self.report(perSecond: 10, p99: 1_000))
        }
        #expect(SnapshotBenchmark.table(rounds).count == 4)
        #expect(
            SnapshotBenchmark.verdict(rounds).sentence
                == "held: p99 with snapshots is 1.40 times that without (median), bound 1.5")
        #expect(SnapshotBenchmark.verdict([rounds[2]]).isHeld == false && SnapshotBenchmark.verdict([]).isHeld == false)
    }
}
