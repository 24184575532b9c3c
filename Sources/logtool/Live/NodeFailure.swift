// Why a running node did not tell what it was asked.

import PaxosLog
import SystemPackage

enum NodeFailure: Error, Equatable {
    /// No answer, or none to its end.
    case unreachable(String)
    /// An answer that is not what was asked for, with the node's own words.
    case refused(status: Int, reason: String)
    /// An answer that is not what the route gives.
    case garbled(String)

    var sentence: String {
        switch self {
        case .unreachable(let reason): reason
        case .refused(let status, let reason): "it answers \(status): \(reason)"
        case .garbled(let what): "\(what) can't be understood"
        }
    }

    /// What a reading of the file says of it.
    func asStorageError(_ path: FilePath) -> StorageError {
        switch self {
        case .unreachable: .io(.noSuchAddressOrDevice, operation: "reading", path: path)
        case .refused, .garbled: .missing(file: path, reason: sentence)
        }
    }

    /// - Parameter isFirst: whether nothing was heard from the node before.
    func asFailure(_ url: NodeURL, isFirst: Bool = false) -> Failure {
        let status: Int32 =
            switch self {
            case .unreachable: isFirst ? 66 : 74
            case .refused(404, _) where isFirst: 66
            case .refused(410, _): 2
            case .refused, .garbled: isFirst ? 74 : 2
            }
        return Failure(status: status, message: "\(url.text): \(sentence)")
    }
}
