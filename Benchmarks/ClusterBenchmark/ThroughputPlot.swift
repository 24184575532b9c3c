// Throughput against p99, a line a system, a point a number of clients, as SVG that reads on light and dark ground.

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

        var body = [Drawing.text(title, area.left, 28, anchor: "start", class: "title")]
        for tick in xTicks {
            body.append(Drawing.line(x(tick), area.top, x(tick), area.bottom))
            body.append(Drawing.text(Drawing.label(tick), x(tick), area.bottom + 20))
        }
        for tick in yTicks {
            body.append(Drawing.line(area.left, y(tick), area.right, y(tick)))
            body.append(Drawing.text(Drawing.label(tick), area.left - 8, y(tick) + 4, anchor: "end"))
        }
        let middle = (x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2)
        body.append(Drawing.text("requests per second", middle.x, area.bottom + 44))
        body.append(
            "<text class=\"label\" text-anchor=\"middle\" transform=\"translate(20 \(middle.y)) rotate(-90)\">"
                + "p99 latency, ms (logarithmic)</text>")
        for (number, one) in series.enumerated() {
            let color = Drawing.colors[number % Drawing.colors.count]
            body.append(Drawing.path(one.points.map { (x($0.throughput), y($0.p99)) }, color: color))
            for point in one.points {
                let (px, py) = (x(point.throughput), y(point.p99))
                body.append(
                    "<circle cx=\"\(Drawing.short(px))\" cy=\"\(Drawing.short(py))\" r=\"4\" fill=\"\(color)\"/>")
                // Above the first line and below the others, where lines come close to one another.
                body.append(Drawing.text("\(point.clients)", px, py + (number == 0 ? -9 : 18), class: "point"))
            }
            let legend = area.left + 14 + Double(number) * 120
            body.append(Drawing.line(legend, area.bottom + 64, legend + 24, area.bottom + 64, color: color))
            body.append(Drawing.text(one.name, legend + 30, area.bottom + 68, anchor: "start"))
        }
        body.append(Drawing.text("numbers at the points: clients", area.right, area.bottom + 68, anchor: "end"))
        return Drawing.document(body, width: Self.size.width, height: Self.size.height)
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
}
