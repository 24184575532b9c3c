// Writes snapshots and reads them back, on a thread of its own that rests more than it works: nobody waits for it, and
// those who do wait for something need the processor and the disk.

import Glibc
import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import Replication
import Synchronization
import SystemPackage

final class SnapshotThread: Sendable {
    /// How many times as long as it worked the thread rests.
    private static let rest = 3.0

    /// The lowest priority that there is.
    private static let niceness: CInt = 19

    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let isStopping = Atomic<Bool>(false)
    private let fileSystem: any FileSystem
    private let places: NodeFolder.Places

    init(fileSystem: any FileSystem, places: NodeFolder.Places) {
        self.fileSystem = fileSystem
        self.places = places
    }

    func start() {
        thread.start()
        // Of this thread alone, on Linux. What it does without a rest, sorting the keys, takes its time from no other.
        thread.submit { _ in _ = nice(SnapshotThread.niceness) }
    }

    /// A snapshot that is not finished is given up.
    func stop() async throws {
        isStopping.store(true, ordering: .relaxed)
        try await thread.shutdownGracefully()
    }

    func take(_ view: SnapshotView, then done: @escaping @Sendable (Result<WrittenSnapshot, StorageError>) -> Void) {
        thread.submit { [self] state in
            guard state == .active else { return }
            do throws(StorageError) {
                if let snapshot = try write(view) { done(.success(snapshot)) }
            } catch {
                // The room is needed, if that was the matter; what can't be removed now is at the next start.
                try? folder.removeUnfinished()
                done(.failure(error))
            }
        }
    }

    private var folder: SnapshotFolder { SnapshotFolder(fileSystem, directory: places.snapshots) }

    /// - Returns: nil when it was given up.
    private func write(_ view: SnapshotView) throws(StorageError) -> WrittenSnapshot? {
        var taking = try SnapshotTaking.begin(fileSystem, directory: places.snapshots, view)
        var start = ContinuousClock.now
        while try taking.step() {
            if isStopping.load(ordering: .relaxed) { return nil }
            pause(ContinuousClock.now - start)
            start = .now
        }
        let written = try taking.finish()
        try written.verify(folder)
        return written
    }

    private func pause(_ worked: Duration) {
        let (seconds, attoseconds) = worked.components
        usleep(UInt32(min(Double(seconds) * 1e6 + Double(attoseconds) / 1e12, 1e5) * SnapshotThread.rest))
    }
}
