// Rows under headings, each column as wide as its widest cell.

struct Table {
    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var colour: Colour?

        init(_ text: String, _ colour: Colour? = nil) {
            self.text = text
            self.colour = colour
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    private var rows: [[Cell]]

    /// - Parameter headings: nil for rows that need none.
    init(_ headings: [Cell]? = nil) {
        rows = headings.map { [$0] } ?? []
    }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// The rows as lines, `indent` spaces to the right.
    func lines(_ paint: Paint, indent: Int = 2) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { $0.count > column ? $0[column].text.count : 0 }.max() ?? 0
        }
        return rows.map { row in
            String(repeating: " ", count: indent)
                + row.enumerated().map { column, cell in
                    let isLast = column == row.count - 1
                    let padding = isLast ? 0 : widths[column] - cell.text.count
                    return paint(cell.text, cell.colour) + String(repeating: " ", count: padding)
                }.joined(separator: "  ")
        }
    }
}
