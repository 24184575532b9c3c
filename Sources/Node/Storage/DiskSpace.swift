// Whether the disk has room for a journal file ahead. While it has none, new writes are refused here, and this node neither
// accepts nor leads; what is under way goes on as far as the files that there are.

import Logging
import PaxosLog
import Synchronization
import SystemPackage

final class DiskSpace: Sendable {
    private let full = Atomic<Bool>(false)
    private let logger: Logger
    private let changed: @Sendable (_ hasRoom: Bool) -> Void

    /// - Parameter changed: called, on any thread, when there is no room any more, and when there is again.
    init(logger: Logger, changed: @escaping @Sendable (_ hasRoom: Bool) -> Void = { _ in }) {
        self.logger = logger
        self.changed = changed
    }

    var isFull: Bool { full.load(ordering: .relaxed) }

    func noteFull(_ path: FilePath) {
        guard !full.exchange(true, ordering: .relaxed) else { return }
        logger.error("The disk is full: writes are refused until there is room", metadata: ["path": "\(path)"])
        changed(false)
    }

    func noteRoom() {
        guard full.load(ordering: .relaxed), full.exchange(false, ordering: .relaxed) else { return }
        logger.notice("There is room on the disk again")
        changed(true)
    }
}
