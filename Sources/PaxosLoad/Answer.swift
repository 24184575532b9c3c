// An answer as it came over HTTP, and what it says became of the request. A write counts as refused only where the node
// says that nothing was done (docs/api.md); whatever leaves that open is unknown.

import FoundationEssentials

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
