// What is compared is measured in rounds, turn about, since a machine is not the same from one minute to the next.

/// Measures both; which comes first changes from round to round.
package func turnAbout<Measured>(
    _ round: Int, _ one: () throws -> Measured, _ other: () throws -> Measured
) rethrows -> (Measured, Measured) {
    if round.isMultiple(of: 2) { return (try one(), try other()) }
    let measured = try other()
    return (try one(), measured)
}

extension [Double] {
    /// Of an even number of them halfway between the two in the middle; nil when there is none.
    package var median: Double? {
        let sorted = sorted()
        return isEmpty ? nil : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}
