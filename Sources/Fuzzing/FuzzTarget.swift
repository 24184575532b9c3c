// What is fuzzed: a decoder, with bytes that it takes and a way to put right what a checksum protects, so that damage
// gets behind it.

package import Paxos

package protocol FuzzTarget: Sendable {
    var name: String { get }
    /// Valid encodings, from which inputs are made. The decoder takes each of them.
    var corpus: [[UInt8]] { get }
    /// Words of the format that are put into inputs; for formats that are text.
    var words: [[UInt8]] { get }
    /// The most bytes that the decoder may ask for at once.
    var largestAllocation: Int { get }
    /// The most bytes that it may ask for while it works on one input, those that it has given back included.
    var mostAllocated: Int { get }

    /// Makes the checksums of mutated bytes, and the lengths that frame them, right again as far as they can be found.
    func reseal(_ bytes: inout [UInt8], using random: inout SplitMix64)

    /// Decodes; traps when what was decoded breaks what the decoder promises.
    /// - Returns: whether the bytes were taken.
    func decode(_ bytes: [UInt8]) -> Bool
}

extension FuzzTarget {
    package var words: [[UInt8]] { [] }
    package func reseal(_ bytes: inout [UInt8], using random: inout SplitMix64) {}
}

/// The inputs of one target and seed. Input n depends on nothing but the three, so that any can be made again.
package struct FuzzInputs {
    private let target: any FuzzTarget
    private let corpus: [[UInt8]]
    private let seed: UInt64

    package init(_ target: any FuzzTarget, seed: UInt64) {
        self.target = target
        self.seed = seed
        corpus = target.corpus
        require(corpus.allSatisfy { target.decode($0) }, "\(target.name): the corpus is not all valid")
    }

    package subscript(index: Int) -> [UInt8] {
        var random = SplitMix64(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(index))
        random = SplitMix64(seed: random.next())
        var bytes = random.element(of: corpus)
        // A few stay as they are: a target that refuses everything would look just as sound.
        guard !random.isOne(in: 64) else { return bytes }
        var mutator = Mutator(random: random)
        mutator.mutate(&bytes, other: mutator.random.element(of: corpus), words: target.words)
        if mutator.random.isOne(in: 2) { target.reseal(&bytes, using: &mutator.random) }
        return bytes
    }
}

/// What must hold of anything decoded. Unlike a precondition it says in an optimised build too what did not.
package func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError(what()) }
}
