// Storage errors as one line: which file, where in it, and why.

import Paxos
import PaxosLog
import SystemPackage

extension StorageError {
    var sentence: String {
        switch self {
        case .io(let error, let operation, let path): "\(operation) of \(path) failed: \(error)"
        case .corrupt(let damage):
            "\(damage.kind.rawValue) in \(damage.file) at offset \(damage.offset): \(damage.reason)"
        case .unsupportedVersion(let file, let found, _): "\(file) has version \(found)"
        case .foreign(let file, let reason), .missing(let file, let reason): "\(file): \(reason)"
        }
    }
}
