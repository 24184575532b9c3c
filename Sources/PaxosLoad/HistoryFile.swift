// The history of a run as a file: an operation a line, in the order of their ends. It is encoded and written by a queue
// of its own, so that the disk never delays a request.

import Dispatch
import Glibc
import NIOConcurrencyHelpers
import SystemPackage

final class HistoryFile: Sendable {
    private let path: String
    private let file: FileDescriptor
    private let queue = DispatchQueue(label: "history")
    // No Mutex, which ThreadSanitizer does not see as a lock.
    private let batch = NIOLockedValueBox<[RecordedOperation]>([])
    private let error = NIOLockedValueBox<Errno?>(nil)

    private static let batchSize = 512

    /// Creates the file, or empties it.
    init(path: String) throws {
        self.path = path
        do {
            file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch let error as Errno {
            throw LoadFailure.history(path, error.rawValue)
        }
    }

    /// What a write came to; nil while all is well.
    var failure: LoadFailure? { error.withLockedValue { $0.map { .history(path, $0.rawValue) } } }

    func add(_ operation: RecordedOperation) {
        let full: [RecordedOperation]? = batch.withLockedValue { batch in
            batch.append(operation)
            guard batch.count >= Self.batchSize else { return nil }
            defer { batch = [] }
            return batch
        }
        if let full { queue.async { self.write(full) } }
    }

    /// Writes what is left.
    func close() throws {
        let rest = batch.withLockedValue { $0 }
        queue.sync { write(rest) }
        if let failure { throw failure }
        do {
            try file.close()
        } catch let error as Errno {
            throw LoadFailure.history(path, error.rawValue)
        }
    }

    private func write(_ operations: [RecordedOperation]) {
        guard failure == nil else { return }
        var bytes: [UInt8] = []
        for operation in operations { operation.encode(into: &bytes) }
        do {
            try file.writeAll(bytes)
        } catch {
            self.error.withLockedValue { $0 = error as? Errno ?? .ioError }
        }
    }
}
