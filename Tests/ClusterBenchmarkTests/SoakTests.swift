import Foundation
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

    private static func rows(speeds: [Double] = [130, 100, 92, 91], memory: [Int] = [50, 60, 62, 64]) -> [SoakRow] {
        zip(speeds, memory).enumerated().map { number, figures in
            var row = SoakRow(writes: 1_000 * number, nodes: 2)
            row.note(disk(log: 40), memory: figures.1, of: 0)
            row.note(disk(log: 30), memory: 10, of: 1)
            row.load = report(perSecond: figures.0)
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

    @Test func eachBoundCanBeMissed() {
        #expect(SoakVerdict.all(of: Self.rows()).map(\.isHeld) == [true, true, true, true])
        var rows = Self.rows()
        rows[1].load = Self.report(perSecond: 100, failed: 1)
        #expect(SoakVerdict.all(of: rows).map(\.isHeld) == [false, true, true, true])
        rows = Self.rows()
        rows[2].note(Self.disk(log: 51), memory: 0, of: 1)
        #expect(SoakVerdict.all(of: rows).map(\.isHeld) == [true, false, true, true])
        #expect(SoakVerdict.all(of: Self.rows(speeds: [130, 100, 92, 89])).map(\.isHeld) == [true, true, false, true])
        #expect(SoakVerdict.all(of: Self.rows(memory: [50, 60, 62, 67])).map(\.isHeld) == [true, true, true, false])
    }

    @Test func tableAndPlotHaveEachRow() {
        let rows = Self.rows()
        let table = SoakRow.table(rows)
        #expect(table.count == 5 && table[1].contains("filling") && table[2].contains("1000"))
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
        #expect(SnapshotBenchmark.verdict(rounds).hasSuffix("1.40 times that without (median); bound 1.5: held"))
        #expect(SnapshotBenchmark.verdict([rounds[2]]).hasSuffix("missed"))
    }
}
