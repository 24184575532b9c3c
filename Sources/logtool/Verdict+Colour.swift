// What is painted how at a terminal.

import Console
import PaxosLog

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
