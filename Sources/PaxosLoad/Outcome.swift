// What became of a request, and what an answer says about it. A write counts as refused only where the node says that
// nothing was done (docs/api.md); whatever leaves that open is unknown.

import FoundationEssentials

enum Outcome: Equatable, Sendable {
    /// For a read, with the value; nil when the key is not there.
    case done(value: String?)
    /// Nothing was done.
    case refused(String)
    /// It may have been done, or may yet be.
    case unknown(String)

    /// Why it is a failure; nil when it is none.
    var failure: String? {
        switch self {
        case .done: nil
        case .refused(let reason), .unknown(let reason): reason
        }
    }
}

/// An answer as it came over HTTP.
struct Answer: Equatable {
    var status: Int
    /// Whether the header `Paxos-Slot` is there: the answer comes from the store, and not from something on the way.
    var hasSlot: Bool
    var body: [UInt8]

    func outcome(of kind: Request.Kind) -> Outcome {
        switch (kind, status) {
        case (.set, 200): return .done(value: nil)
        case (.get, 200): return .done(value: String(decoding: body, as: UTF8.self))
        case (.get, 404) where hasSlot: return .done(value: nil)
        default: break
        }
        let word = errorWord
        let reason = word.map { "\(status) \($0)" } ?? "\(status)"
        switch (status, word) {
        case (400..<500, _), (503, "unavailable"), (503, "overloaded"), (503, "stopping"), (507, _):
            return .refused(reason)
        default:
            return .unknown(reason)
        }
    }

    private struct ErrorBody: Decodable {
        var error: String
    }

    /// The word for programs, made fit for a table.
    private var errorWord: String? {
        guard let word = try? JSONDecoder().decode(ErrorBody.self, from: Data(body)).error else { return nil }
        return String(word.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F }.prefix(40).map(Character.init))
    }
}

/// One request from its start to its end, as the history records it. Times are nanoseconds since the run began.
struct RecordedOperation: Equatable, Sendable {
    var client: Int
    var request: Request
    var start: Int64
    /// Nil when it may take effect even later.
    var end: Int64?
    var outcome: Outcome
}
