// A line on the terminal that says how far the run is. Only where standard error is a terminal.

import Console

struct ProgressBar {
    private static let width = 30

    func draw(_ progress: LoadRun.Progress) {
        StandardError.sayInPlace(Self.line(progress))
    }

    func clear() {
        StandardError.sayInPlace("")
    }

    static func line(_ progress: LoadRun.Progress) -> String {
        let full = Int(progress.fraction * Double(width))
        let bar = String(repeating: "#", count: full) + String(repeating: "-", count: width - full)
        let rate = Int(Double(progress.ended) / max(progress.seconds, 0.001))
        let percent = Int(progress.fraction * 100)
        return "[\(bar)] \(percent) %, \(progress.ended) requests, \(rate)/s, \(progress.failed) failed"
    }
}
