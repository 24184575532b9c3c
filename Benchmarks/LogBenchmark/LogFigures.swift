// What was measured on one log, the bounds that it is held to, and how both are shown.

import Console
import Measuring

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

    private func median(_ measure: Measure) -> Double { (seconds[measure] ?? []).median ?? 0 }

    static func table(_ all: [LogFigures]) -> [String] {
        var table = Table(
            ["values", "raw MB", "stored MB", "program", "seconds", "stored MB/s", "against zstd", "bound", ""],
            leftAligned: [0, 3, 7, 8])
        for figures in all {
            for measure in Measure.allCases { table.add(figures.row(measure)) }
        }
        return table.lines
    }

    var areWithinBounds: Bool { Measure.allCases.allSatisfy { verdict(on: $0)?.isHeld ?? true } }

    private func speed(_ measure: Measure) -> Double { median(.zstd) / median(measure) }

    private func verdict(on measure: Measure) -> Verdict? {
        if measure == .diff {
            return Verdict(
                isHeld: median(.diff) < LogFigures.mostDiffSeconds, "under \(LogFigures.mostDiffSeconds) s")
        }
        return LogFigures.leastSpeed[measure].map { Verdict(isHeld: speed(measure) >= $0, "at least \($0)") }
    }

    private func row(_ measure: Measure) -> [String] {
        let seconds = median(measure)
        let speeds = [decimal(Double(storedBytes) / seconds / 1e6, digits: 0), decimal(speed(measure), digits: 2)]
        let verdict = verdict(on: measure)
        return [
            values, "\(rawBytes / 1_000_000)", "\(storedBytes / 1_000_000)", measure.rawValue,
            decimal(seconds, digits: 3),
        ] + (measure == .diff ? ["", ""] : speeds) + [verdict?.what ?? "", verdict?.word ?? ""]
    }
}
