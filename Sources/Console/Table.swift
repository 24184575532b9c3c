// Rows under headings, each column as wide as its widest cell.

package struct Table {
    package struct Cell: ExpressibleByStringInterpolation {
        fileprivate var text: String
        fileprivate var colour: Colour?

        package init(_ text: String, _ colour: Colour? = nil) {
            self.text = text
            self.colour = colour
        }

        package init(stringLiteral text: String) { self.init(text) }
    }

    private var rows: [[Cell]]
    /// The columns that hold words; nil for all.
    private let leftAligned: Set<Int>?

    /// Numbers stand to the right.
    /// - Parameter leftAligned: the columns that hold words.
    package init(_ headings: [String], leftAligned: Set<Int> = [0]) {
        rows = [headings.map { Cell($0) }]
        self.leftAligned = leftAligned
    }

    /// All columns hold words.
    /// - Parameter headings: nil for rows that need none.
    package init(words headings: [String]?) {
        rows = headings.map { [$0.map { Cell($0) }] } ?? []
        leftAligned = nil
    }

    /// Adds a row of as many cells as there are in all others.
    package mutating func add(_ cells: [Cell]) {
        precondition(cells.count == rows.first?.count ?? cells.count, "every row has a cell for each column")
        rows.append(cells)
    }

    package mutating func add(_ cells: [String]) { add(cells.map { Cell($0) }) }

    /// The headings first. Lines are indented, and have no spaces at their ends.
    package var lines: [String] { lines(in: .plain) }

    package func lines(in paint: Paint) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].text.count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.text.count)
                let text = paint(cell.0.text, cell.0.colour)
                return leftAligned?.contains(column) ?? true ? text + padding : padding + text
            }
            return "  " + cells.joined(separator: "  ").trimmingSpacesAtEnd
        }
    }
}

extension String {
    fileprivate var trimmingSpacesAtEnd: Substring {
        self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)]
    }
}
