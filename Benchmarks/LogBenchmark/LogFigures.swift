// What was measured on one log, the bounds that it is held to, and how both are shown.

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

    private func median(_ measure: Measure) -> Double {
        let sorted = (seconds[measure] ?? []).sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    static func table(_ all: [LogFigures]) -> [String] {
        var rows = [
            ["values", "raw MB", "stored MB", "program", "seconds", "stored MB/s", "against zstd", "bound", ""]
        ]
        for figures in all {
            for measure in Measure.allCases { rows.append(figures.row(measure)) }
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let line = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return [0, 3, 7, 8].contains(column) ? cell + padding : padding + cell
            }.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private func row(_ measure: Measure) -> [String] {
        let seconds = median(measure)
        let speed = median(.zstd) / seconds
        var row = [values, "\(rawBytes / 1_000_000)", "\(storedBytes / 1_000_000)", measure.rawValue]
        row.append(LogFigures.decimals(seconds, 3))
        if measure == .diff {
            row += ["", "", "under \(LogFigures.mostDiffSeconds) s"]
            row.append(seconds < LogFigures.mostDiffSeconds ? "held" : "missed")
        } else {
            row += [LogFigures.decimals(Double(storedBytes) / seconds / 1e6, 0), LogFigures.decimals(speed, 2)]
            let least = LogFigures.leastSpeed[measure]
            row.append(least.map { "at least \($0)" } ?? "")
            row.append(least.map { speed >= $0 ? "held" : "missed" } ?? "")
        }
        return row
    }

    private static func decimals(_ number: Double, _ places: Int) -> String {
        guard number.isFinite else { return "-" }
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((number * Double(scale)).rounded())
        if places == 0 { return "\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(scaled / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }
}
