// What is left of the bytes that were flipped in a node's files, as far as can be told from outside.

struct NodeDamage {
    /// Files in which a byte was flipped, and when, that the node has not mended since; by their paths in its folder.
    private var flipped: [String: Double] = [:]
    /// Its journal lost nothing but values, and holds the damage until the file is used again.
    private var isInJournal = false

    /// Whether a byte was flipped that the node has not mended.
    var isUnmended: Bool { !flipped.isEmpty }
    /// Whether its files may still be damaged, with good reason.
    var mayBeOnDisk: Bool { isUnmended || isInJournal }

    mutating func flip(_ file: String, at time: Double) { flipped[file] = time }

    /// The node has found damage in these files when it started.
    /// - Parameter found: a sentence for each finding, with the file's path.
    mutating func note(_ found: [String]) {
        isInJournal = found.contains { $0.contains("/journal/") }
    }

    /// The node holds again what stood there.
    /// - Parameter start: when the node started that found it: what was flipped later it has not read.
    /// - Returns: whether anything of it was flipped.
    mutating func mend(_ found: [String], start: Double) -> Bool {
        let before = flipped.count
        flipped = flipped.filter { file, time in
            time > start || !found.contains { $0.contains("/\(file) ") }
        }
        return flipped.count < before
    }
}
