// Why a run could not be carried out: nothing is known of the cluster then.

struct TortureFailure: Error, Equatable {
    var status: Int32
    var message: String

    /// EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE, EX_IOERR.
    static func badHistory(_ message: String) -> TortureFailure { TortureFailure(status: 65, message: message) }
    static func noInput(_ message: String) -> TortureFailure { TortureFailure(status: 66, message: message) }
    static func unavailable(_ message: String) -> TortureFailure { TortureFailure(status: 69, message: message) }
    static func inputOutput(_ message: String) -> TortureFailure { TortureFailure(status: 74, message: message) }
    static let interrupted = TortureFailure(status: 130, message: "interrupted; all that was started is ended")
}
