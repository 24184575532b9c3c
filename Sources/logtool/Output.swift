// Standard output in large pieces. When nobody reads any more, the program ends quietly.

import Glibc

struct Output: ~Copyable {
    private var bytes: [UInt8] = []
    private static let pieceBytes = 64 << 10

    mutating func line(_ text: String) {
        bytes += text.utf8
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count >= Output.pieceBytes { flush() }
    }

    mutating func flush() {
        Output.write(bytes, to: STDOUT_FILENO)
        bytes.removeAll(keepingCapacity: true)
    }

    /// A line for people, on standard error.
    static func complain(_ message: String) {
        write(Array("logtool: \(message)\n".utf8), to: STDERR_FILENO)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
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

/// Rows under headings, each column as wide as its widest cell.
struct Table {
    private var rows: [[String]]

    init(_ headings: [String]) {
        rows = [headings]
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    var isEmpty: Bool { rows.count == 1 }

    var lines: [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }
    }
}
