// A set of steps that is nearly all of those up to some one: it is kept as how many words of 64 are full from the first
// on, and the words behind. A long history thus costs no more for each state seen than a short one.

struct StepSet: Hashable {
    private var fullWords = 0
    /// The first is not full, and the last is not empty.
    private var words: [UInt64] = []

    mutating func insert(_ step: Int) {
        let word = step / 64 - fullWords
        precondition(word >= 0, "a step is inserted once")
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(step % 64)
        let full = words.prefix { $0 == .max }.count
        words.removeFirst(full)
        fullWords += full
    }

    mutating func remove(_ step: Int) {
        while step / 64 < fullWords {
            words.insert(.max, at: 0)
            fullWords -= 1
        }
        words[step / 64 - fullWords] &= ~(1 << UInt64(step % 64))
        while words.last == 0 { words.removeLast() }
    }
}
