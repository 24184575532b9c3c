// Speed, disk and memory of a soak, one above the other, over the writes made.

import Console
import Foundation
import Measuring

struct SoakPlot {
    private struct Panel {
        var title: String
        var lines: [(name: String, values: [Double], isBound: Bool)]
    }

    var rows: [SoakRow]

    private static let size = (width: 760.0, height: 640.0)
    private static let panel = (left: 70.0, right: 730.0, height: 140.0, distance: 200.0)

    private var panels: [Panel] {
        func megabytes(_ bytes: Int?) -> Double { Double(bytes ?? 0) / 1e6 }
        return [
            Panel(title: "writes per second", lines: [("three nodes", rows.map(\.perSecond), false)]),
            Panel(
                title: "disk of the fullest node, MB",
                lines: [
                    ("disk", rows.map { megabytes($0.disk?.total) }, false),
                    ("bound", rows.map { megabytes($0.disk?.bound) }, true),
                ]),
            Panel(
                title: "memory, MB",
                lines: (rows.first?.memory.indices).map(Array.init)?.map { node in
                    ("n\(node)", rows.map { megabytes($0.memory[node]) }, false)
                } ?? []),
        ]
    }

    var svg: String {
        var body: [String] = []
        for (number, panel) in panels.enumerated() {
            body += draw(panel, top: 40 + Double(number) * Self.panel.distance)
        }
        return Drawing.document(body, width: Self.size.width, height: Self.size.height)
    }

    private func draw(_ panel: Panel, top: Double) -> [String] {
        let (left, right) = (Self.panel.left, Self.panel.right)
        let bottom = top + Self.panel.height
        let ticks = ThroughputPlot.linearTicks(through: panel.lines.flatMap(\.values).max() ?? 1)
        let (end, most) = (Double(rows.last?.writes ?? 1), ticks[ticks.count - 1])
        func x(_ writes: Int) -> Double { left + (right - left) * Double(writes) / end }
        func y(_ value: Double) -> Double { bottom - (bottom - top) * value / most }

        var body = [Drawing.text(panel.title, left, top - 10, anchor: "start", class: "title")]
        for tick in ticks {
            body.append(Drawing.line(left, y(tick), right, y(tick)))
            body.append(Drawing.text(Drawing.label(tick), left - 8, y(tick) + 4, anchor: "end"))
        }
        for row in rows {
            let millions = decimal(Double(row.writes) / 1e6, digits: 2)
            body.append(Drawing.text(millions, x(row.writes), bottom + 18, class: "point"))
        }
        body.append(Drawing.text("million writes", right, bottom + 34, anchor: "end", class: "point"))
        for (number, line) in panel.lines.enumerated() {
            let color = Drawing.colors[number % Drawing.colors.count]
            body.append(
                Drawing.path(
                    zip(rows, line.values).map { (x($0.writes), y($1)) }, color: color, dashed: line.isBound))
            let legend = right - 90 * Double(panel.lines.count - number)
            body.append(Drawing.line(legend, top - 14, legend + 24, top - 14, color: color))
            body.append(Drawing.text(line.name, legend + 30, top - 10, anchor: "start"))
        }
        return body
    }

    func write(to path: String) throws {
        do {
            try svg.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw BenchmarkFailure("\(path): \(error)")
        }
        print("written: \(path)")
    }
}
