// The exit statuses of the program, and the error that ends a start with one of them. Never used once the node runs:
// what goes wrong then is in ProcessEnd.

enum ExitStatus {
    /// The command line or the environment can't be understood (EX_USAGE).
    static let usage: Int32 = 64
    /// What is on disk is damaged (EX_DATAERR).
    static let damagedData: Int32 = 65
    /// Going on would break a promise (EX_SOFTWARE).
    static let software: Int32 = 70
    /// The disk failed (EX_IOERR).
    static let inputOutput: Int32 = 74
    /// The settings contradict the data folder or the machine (EX_CONFIG).
    static let configuration: Int32 = 78
    /// GET /crash.
    static let crash: Int32 = 232
}

/// Why the node does not start: one line, which says what is wrong, where, and what to do.
struct StartFailure: Error, Equatable {
    var status: Int32
    var message: String

    static func usage(_ message: String) -> StartFailure { StartFailure(status: ExitStatus.usage, message: message) }

    static func contradiction(_ message: String) -> StartFailure {
        StartFailure(status: ExitStatus.configuration, message: message)
    }
}
