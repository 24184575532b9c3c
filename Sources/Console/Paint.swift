// Colour for people at a terminal, and for nobody else.

import Glibc

package enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
}

package struct Paint {
    package let isOn: Bool

    package init(isOn: Bool) {
        self.isOn = isOn
    }

    package static let plain = Paint(isOn: false)

    /// For standard output: on where that is a terminal, unless NO_COLOR is set or the terminal knows no colours.
    package static var output: Paint {
        let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
        return Paint(isOn: isatty(STDOUT_FILENO) == 1 && !refused && !isDumb)
    }

    package func callAsFunction(_ text: String, _ colour: Colour?) -> String {
        guard isOn, let colour else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}
