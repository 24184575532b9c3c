// The processes and the folder that must not outlive this program, by pid and by name.

import Dispatch
import Foundation
import Measuring
import Synchronization

enum Running {
    private static let pids = Mutex<Set<pid_t>>([])
    private static let folder = Mutex<String?>(nil)

    static func start(_ process: Process) throws {
        try process.run()
        pids.withLock { _ = $0.insert(process.processIdentifier) }
    }

    /// After it has ended: its pid may belong to another soon.
    static func forget(_ process: Process) {
        pids.withLock { _ = $0.remove(process.processIdentifier) }
    }

    static func remember(folder: String?) {
        self.folder.withLock { $0 = folder }
    }

    /// SIGINT and SIGTERM end what was started, and then this program, for as long as what is returned is held.
    static func endWithSignals() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                for pid in pids.withLock({ $0 }) { kill(pid, SIGKILL) }
                if let folder = folder.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
                exit(128 + number)
            }
            source.resume()
            return source
        }
    }
}

/// A new folder for the data of a run.
struct Workspace {
    let folder: String

    init(in parent: String) throws {
        folder = URL(fileURLWithPath: parent).appendingPathComponent("run-\(UUID().uuidString)").path
        Running.remember(folder: folder)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw BenchmarkFailure("--data \(parent): a folder cannot be made there: \(error)")
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: folder)
        Running.remember(folder: nil)
    }
}
