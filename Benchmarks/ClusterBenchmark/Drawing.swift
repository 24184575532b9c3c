// The elements that plots are made of, as SVG that reads on light and dark ground.

import Console

enum Drawing {
    static let colors = ["#2a78c2", "#d9662c", "#3a9a5b"]

    static func document(_ body: [String], width: Double, height: Double) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" \
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

    static func label(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : decimal(value, digits: value < 0.1 ? 2 : 1)
    }

    static func short(_ value: Double) -> String { decimal(value, digits: 1) }

    static func text(
        _ text: String, _ x: Double, _ y: Double, anchor: String = "middle", class name: String = "label"
    ) -> String {
        "<text class=\"\(name)\" x=\"\(short(x))\" y=\"\(short(y))\" text-anchor=\"\(anchor)\">\(text)</text>"
    }

    static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String? = nil) -> String {
        let look = color.map { "stroke=\"\($0)\" stroke-width=\"2\"" } ?? "class=\"grid\""
        return "<line x1=\"\(short(x1))\" y1=\"\(short(y1))\" x2=\"\(short(x2))\" y2=\"\(short(y2))\" \(look)/>"
    }

    static func path(_ points: [(x: Double, y: Double)], color: String, dashed: Bool = false) -> String {
        let path = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
        let dashes = dashed ? " stroke-dasharray=\"5 4\"" : ""
        return "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"\(dashes) points=\"\(path)\"/>"
    }
}
