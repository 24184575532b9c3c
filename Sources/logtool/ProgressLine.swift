// How far a long piece of work has come: a line on standard error, for a person at a terminal, from the second second on.
// It is gone when the work is done.

import Glibc

final class ProgressLine {
    private let work: String
    private let total: UInt64
    private let isShown: Bool
    private let now: () -> ContinuousClock.Instant
    private let write: (String) -> Void
    private let start: ContinuousClock.Instant
    private var nextTime: ContinuousClock.Instant
    private var done: UInt64 = 0
    private var isDrawn = false

    private static let patience = Duration.seconds(1)
    private static let pause = Duration.milliseconds(100)

    /// - Parameters:
    ///   - work: what is done, as the line begins.
    ///   - total: how many bytes there are to be read.
    init(
        _ work: String, bytes total: UInt64, isShown: Bool = isatty(STDERR_FILENO) == 1,
        now: @escaping () -> ContinuousClock.Instant = { .now },
        write: @escaping (String) -> Void = { Output.write(Array($0.utf8), to: STDERR_FILENO) }
    ) {
        self.work = work
        self.total = total
        self.isShown = isShown
        self.now = now
        self.write = write
        start = now()
        nextTime = start + ProgressLine.patience
    }

    deinit { erase() }

    /// So many more bytes have been read.
    func add(_ bytes: Int) {
        done += UInt64(bytes)
        guard isShown else { return }
        let time = now()
        guard time >= nextTime else { return }
        nextTime = time + ProgressLine.pause
        isDrawn = true
        let percent = min(100, total == 0 ? 0 : done * 100 / total)
        let speed = Double(done) / (time - start).seconds
        write("\r\u{1B}[K\(work): \(percent) % of \(ByteText(total)), \(ByteText(UInt64(speed)))/s")
    }

    /// Takes the line away, before something else is written or when the work is done.
    func erase() {
        if isDrawn { write("\r\u{1B}[K") }
        isDrawn = false
    }
}

extension Duration {
    fileprivate var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

/// A number of bytes for people: `999 B`, `4.2 KB`, `66.1 MB`.
struct ByteText: CustomStringConvertible {
    let description: String

    init(_ bytes: UInt64) {
        if bytes < 1000 {
            description = "\(bytes) B"
            return
        }
        var tenths = bytes / 100
        var unit = 0
        while tenths >= 10_000, unit < 3 {
            tenths /= 1000
            unit += 1
        }
        description = "\(tenths / 10).\(tenths % 10) \(["KB", "MB", "GB", "TB"][unit])"
    }
}
