// Storage errors as a person reads them: which file, where in it, which slots.

import Paxos
import SystemPackage

extension StorageError {
    package var sentence: String {
        switch self {
        case .io(let error, let operation, let path): "\(operation) of \(path) failed: \(error)"
        case .corrupt(let damage): damage.sentence
        case .unsupportedVersion(let file, let found, let supported):
            "\(file) has version \(found), and this program knows version \(supported)"
        case .foreign(let file, let reason): "\(file) belongs elsewhere: \(reason)"
        case .missing(let file, let reason): "\(file) is missing: \(reason)"
        }
    }
}

extension Damage {
    package var sentence: String {
        var lost = ""
        if let slots {
            lost =
                slots.lowerBound == slots.upperBound
                ? ", slot \(slots.lowerBound)" : ", slots \(slots.lowerBound) to \(slots.upperBound)"
        }
        return "\(kind.rawValue) in \(file) at offset \(offset)\(lost): \(reason)"
    }
}
