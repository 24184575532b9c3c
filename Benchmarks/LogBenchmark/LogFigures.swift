// What was measured on one log, the bounds that it is held to, and how both are shown.

import Console

struct LogFigures: Encodable {
    enum Measure: String, CaseIterable, CodingKeyRepresentable, Encodable {
        case zstd = "zstd -t -T1"
        case verifyOneJob = "verify --jobs 1"
        case verifyTwoJobs = "verify --jobs 2"
        case diff = "diff"
    }

    var values: String
    var rawBytes: UInt64
    var storedBytes: UInt64
    /// Of every round.
    var seconds: [Measure: [Double]] = [:]

    /// A verification's speed against zstd's is held to this.
    private static let leastSpeed: [Measure: Double] = [.verifyOneJob: 0.5, .verifyTwoJobs: 1]
    private static let mostDiffSeconds = 0.1

    private func median(_ measure: Measure) -> Double { (seconds[measure] ?? []).median }

    static func table(_ all: [LogFigures]) -> [String] {
        var table = Table(
            ["values", "raw MB", "stored MB", "program", "seconds", "stored MB/s", "against zstd", "bound", ""],
            leftAligned: [0, 3, 7, 8])
        for figures in all {
            for measure in Measure.allCases { table.add(figures.row(measure)) }
        }
        return table.lines
    }

    private func row(_ measure: Measure) -> [String] {
        let seconds = median(measure)
        let speed = median(.zstd) / seconds
        var row = [values, "\(rawBytes / 1_000_000)", "\(storedBytes / 1_000_000)", measure.rawValue]
        row.append(decimal(seconds, digits: 3))
        if measure == .diff {
            row += ["", "", "under \(LogFigures.mostDiffSeconds) s"]
            row.append(seconds < LogFigures.mostDiffSeconds ? "held" : "missed")
        } else {
            row += [decimal(Double(storedBytes) / seconds / 1e6, digits: 0), decimal(speed, digits: 2)]
            let least = LogFigures.leastSpeed[measure]
            row.append(least.map { "at least \($0)" } ?? "")
            row.append(least.map { speed >= $0 ? "held" : "missed" } ?? "")
        }
        return row
    }
}
