// Rows under headings, each column as wide as its widest cell, numbers to the right.

package struct Table {
    private var rows: [[String]]
    private let leftAligned: Set<Int>

    /// - Parameter leftAligned: the columns that hold words.
    package init(_ headings: [String], leftAligned: Set<Int> = [0]) {
        rows = [headings]
        self.leftAligned = leftAligned
    }

    /// Adds a row of as many cells as there are headings.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count == rows[0].count, "every row has a cell for each heading")
        rows.append(cells)
    }

    /// The headings first. Lines are indented, and have no spaces at their ends.
    package var lines: [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return leftAligned.contains(column) ? cell.0 + padding : padding + cell.0
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
