/// Whether one of the bounds that measurements are held to was.
package struct Verdict: Equatable {
    package let isHeld: Bool
    package let what: String

    /// - Parameter what: what was measured, with its bound.
    package init(isHeld: Bool, _ what: String) {
        self.isHeld = isHeld
        self.what = what
    }

    package var word: String { isHeld ? "held" : "missed" }
    package var sentence: String { "\(word): \(what)" }
}
