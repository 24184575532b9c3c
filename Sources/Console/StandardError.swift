// What a program says to whoever started it, apart from its results.

import Glibc

package enum StandardError {
    package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// In one call, so that what several threads say does not mix. Nobody is left to tell when it fails.
    package static func say(_ text: String) {
        var text = text
        _ = text.withUTF8 { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Puts a line in the place of the one before, on a terminal.
    package static func sayInPlace(_ line: String) {
        say("\r\(line)\u{1B}[K")
    }
}
