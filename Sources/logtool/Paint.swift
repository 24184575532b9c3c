// Colour for people at a terminal, and for nobody else.

import Glibc
import PaxosLog

enum Colour: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
}

struct Paint {
    let isOn: Bool

    static let plain = Paint(isOn: false)

    /// For standard output: on where that is a terminal, unless NO_COLOR is set or the terminal knows no colours.
    static var output: Paint {
        let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
        return Paint(isOn: isatty(STDOUT_FILENO) == 1 && !refused && !isDumb)
    }

    func callAsFunction(_ text: String, _ colour: Colour?) -> String {
        guard isOn, let colour else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}

extension Verdict {
    var colour: Colour {
        switch self {
        case .clean: .green
        case .finding: .red
        case .cannotTell: .yellow
        }
    }
}

extension Damage.Kind {
    /// A torn tail is no finding.
    var colour: Colour { self == .tornTail ? .yellow : .red }
}
