// Lines for whoever watches a run, each as soon as it is known: `print` keeps them back where the output is no terminal.

import Glibc

enum StandardOutput {
    /// Nobody is left to tell when it fails.
    static func say(_ line: String) {
        var text = line + "\n"
        _ = text.withUTF8 { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
