// Reads all of the chosen log again and again, a segment at a time, so that damage is found while other nodes still hold
// what was lost, and not when a peer or a start needs it. On a thread of its own, with pauses that spread one reading over
// the time that the settings give.

import Logging
import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import SystemPackage

// Unchecked, because what is mutable is touched on the event loop only.
final class LogScrub: @unchecked Sendable {
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let reader: ChosenLogReader
    private let loop: any EventLoop
    private let logger: Logger
    /// How long one reading of the whole log takes; nil for none at all.
    private let period: TimeAmount?
    /// How far the log is durable.
    private let durable: @Sendable () -> Slot
    private let tell: @Sendable (SegmentName, Damage?) -> Void
    private var next: Scheduled<Void>?
    private var isStopped = false

    /// - Parameters:
    ///   - durable: asked on the event loop.
    ///   - tell: told of each segment and its first damage, on the thread.
    init(
        fileSystem: any FileSystem, directory: FilePath, loop: any EventLoop, period: TimeAmount?, logger: Logger,
        durable: @escaping @Sendable () -> Slot, tell: @escaping @Sendable (SegmentName, Damage?) -> Void
    ) {
        reader = ChosenLogReader(fileSystem, directory: directory)
        self.loop = loop
        self.period = period
        self.logger = logger
        self.durable = durable
        self.tell = tell
    }

    func start() {
        guard let period else { return }
        thread.start()
        loop.execute { self.wait(period / 100, before: nil) }
    }

    func stop() async throws {
        try await loop.submit { [self] in
            isStopped = true
            next?.cancel()
        }.get()
        if period != nil { try await thread.shutdownGracefully() }
    }

    private func wait(_ pause: TimeAmount, before segment: SegmentName?) {
        guard !isStopped else { return }
        next = loop.scheduleTask(in: pause) { [self] in
            let durable = durable()
            thread.submit { [self] state in
                guard state == .active, let period else { return }
                let (following, pause) = verify(segment, durable, period)
                loop.execute { self.wait(pause, before: following) }
            }
        }
    }

    /// - Returns: the segment after this one, and how long to wait before it is read.
    private func verify(
        _ wanted: SegmentName?, _ durable: Slot, _ period: TimeAmount
    ) -> (following: SegmentName?, pause: TimeAmount) {
        do throws(StorageError) {
            let names = try reader.segments()
            guard let place = names.firstIndex(where: { $0 >= wanted ?? $0 }) else { return (nil, period / 100) }
            tell(names[place], try reader.damage(in: names[place], durableThrough: durable))
            let following = place + 1 < names.count ? names[place + 1] : nil
            return (following, period / Int64(names.count))
        } catch {
            logger.error("The log can't be read to verify it", metadata: ["error": "\(error.sentence)"])
            return (nil, period / 100)
        }
    }
}

extension TimeAmount {
    fileprivate static func / (amount: TimeAmount, parts: Int64) -> TimeAmount {
        .nanoseconds(amount.nanoseconds / parts)
    }
}
