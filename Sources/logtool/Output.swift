// Standard output in large pieces, and what a person is told on standard error. When nobody reads any more, the program
// ends quietly.

import Glibc

struct Output: ~Copyable {
    private var bytes: [UInt8] = []
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    /// What must not stand on the screen while something else is written.
    var progress: ProgressLine?
    private static let pieceBytes = 64 << 10

    mutating func line(_ text: String) {
        bytes += text.utf8
        bytes.append(UInt8(ascii: "\n"))
        if isTerminal || bytes.count >= Output.pieceBytes { flush() }
    }

    mutating func flush() {
        if !bytes.isEmpty { progress?.erase() }
        Output.write(bytes, to: STDOUT_FILENO)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Tells a person, in its place among the lines.
    mutating func complain(_ message: String) {
        flush()
        progress?.erase()
        Output.complain(message)
    }

    /// A line for people, on standard error.
    static func complain(_ message: String) {
        write(Array("logtool: \(message)\n".utf8), to: STDERR_FILENO)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { all in
            var rest = all[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno != EINTR {
                    exit(errno == EPIPE ? 0 : 74)
                }
            }
        }
    }
}
