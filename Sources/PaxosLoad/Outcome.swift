// What became of a request.

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
