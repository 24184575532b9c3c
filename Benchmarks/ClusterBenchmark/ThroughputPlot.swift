// Throughput against p99, a line a system, a point a number of clients, as SVG that reads on light and dark ground.

import Console
import Glibc

struct ThroughputPlot {
    struct Point {
        /// Requests a second.
        var throughput: Double
        /// Milliseconds.
        var p99: Double
        var clients: Int
    }

    struct Series {
        var name: String
        var points: [Point]
    }

    var title: String
    var series: [Series]

    private static let size = (width: 760.0, height: 460.0)
    private static let area = (left: 70.0, right: 730.0, top: 50.0, bottom: 390.0)
    private static let colors = ["#2a78c2", "#d9662c"]

    var svg: String {
        let all = series.flatMap(\.points)
        let xTicks = Self.linearTicks(through: all.map(\.throughput).max() ?? 1)
        let yTicks = Self.logarithmicTicks(from: all.map(\.p99).min() ?? 1, through: all.map(\.p99).max() ?? 1)
        let (xEnd, yStart, yEnd) = (xTicks[xTicks.count - 1], log(yTicks[0]), log(yTicks[yTicks.count - 1]))
        let area = Self.area
        func x(_ value: Double) -> Double { area.left + (area.right - area.left) * value / xEnd }
        func y(_ value: Double) -> Double {
            area.bottom - (area.bottom - area.top) * (log(max(value, yTicks[0])) - yStart) / (yEnd - yStart)
        }

        var body = [Self.text(title, area.left, 28, anchor: "start", class: "title")]
        for tick in xTicks {
            body.append(Self.line(x(tick), area.top, x(tick), area.bottom))
            body.append(Self.text(Self.label(tick), x(tick), area.bottom + 20))
        }
        for tick in yTicks {
            body.append(Self.line(area.left, y(tick), area.right, y(tick)))
            body.append(Self.text(Self.label(tick), area.left - 8, y(tick) + 4, anchor: "end"))
        }
        let middle = (x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2)
        body.append(Self.text("requests per second", middle.x, area.bottom + 44))
        body.append(
            "<text class=\"label\" text-anchor=\"middle\" transform=\"translate(20 \(middle.y)) rotate(-90)\">"
                + "p99 latency, ms (logarithmic)</text>")
        for (number, one) in series.enumerated() {
            let color = Self.colors[number % Self.colors.count]
            let path = one.points.map { "\(Self.short(x($0.throughput))),\(Self.short(y($0.p99)))" }
            body.append(
                "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\" "
                    + "points=\"\(path.joined(separator: " "))\"/>")
            for point in one.points {
                let (px, py) = (x(point.throughput), y(point.p99))
                body.append("<circle cx=\"\(Self.short(px))\" cy=\"\(Self.short(py))\" r=\"4\" fill=\"\(color)\"/>")
                // Above the first line and below the others, where lines come close to one another.
                body.append(Self.text("\(point.clients)", px, py + (number == 0 ? -9 : 18), class: "point"))
            }
            let legend = area.left + 14 + Double(number) * 120
            body.append(Self.line(legend, area.bottom + 64, legend + 24, area.bottom + 64, color: color))
            body.append(Self.text(one.name, legend + 30, area.bottom + 68, anchor: "start"))
        }
        body.append(Self.text("numbers at the points: clients", area.right, area.bottom + 68, anchor: "end"))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.size.width)) \(Int(Self.size.height))" \
            font-family="sans-serif">
            <style>
            text { fill: #333; font-size: 13px } .title { font-size: 16px } .point { font-size: 11px }
            .grid { stroke: #888; stroke-opacity: 0.3 }
            @media (prefers-color-scheme: dark) { text { fill: #ddd } }
            </style>
            \(body.joined(separator: "\n"))
            </svg>

            """
    }

    // MARK: Axes

    /// A latency below the microsecond that is measured has no place on a logarithmic axis.
    private static let shortest = 0.001

    /// From 0 in steps of 1, 2 or 5 times a power of ten, at most eight.
    static func linearTicks(through end: Double) -> [Double] {
        let end = max(end, 1)
        let power = pow(10, floor(log10(end / 8)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { end / $0 <= 8 } ?? end
        return (0...Int((end / step).rounded(.up))).map { Double($0) * step }
    }

    /// 1, 2 and 5 times the powers of ten, from the last one below `start` to the first one above `end`.
    static func logarithmicTicks(from start: Double, through end: Double) -> [Double] {
        let start = max(start, shortest)
        let end = max(start, end)
        let powers = Int(floor(log10(start)))...Int(ceil(log10(end)))
        let all = powers.flatMap { power in [1, 2, 5].map { $0 * pow(10, Double(power)) } }
        let first = all.last { $0 < start } ?? all[0]
        let last = all.first { $0 > end } ?? all[all.count - 1]
        return all.filter { (first...last).contains($0) }
    }

    // MARK: Elements

    private static func label(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : decimal(value, digits: value < 0.1 ? 2 : 1)
    }

    private static func short(_ value: Double) -> String { decimal(value, digits: 1) }

    private static func text(
        _ text: String, _ x: Double, _ y: Double, anchor: String = "middle", class name: String = "label"
    ) -> String {
        "<text class=\"\(name)\" x=\"\(short(x))\" y=\"\(short(y))\" text-anchor=\"\(anchor)\">\(text)</text>"
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String? = nil) -> String {
        let look = color.map { "stroke=\"\($0)\" stroke-width=\"2\"" } ?? "class=\"grid\""
        return "<line x1=\"\(short(x1))\" y1=\"\(short(y1))\" x2=\"\(short(x2))\" y2=\"\(short(y2))\" \(look)/>"
    }
}
