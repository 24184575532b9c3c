// Counts who is inside, and says who is one too many.

import Synchronization

final class Turnstile: Sendable {
    let most: Int
    private let inside = Atomic<Int>(0)

    init(most: Int) {
        self.most = most
    }

    var count: Int { inside.load(ordering: .relaxed) }

    /// - Returns: whether there was room for the one that has come in. It must leave either way.
    func enter() -> Bool { inside.add(1, ordering: .relaxed).newValue <= most }

    func leave() { inside.subtract(1, ordering: .relaxed) }

    /// Lets one in for as long as the pass is held; nil when there is no room.
    func pass() -> Pass? {
        guard enter() else {
            leave()
            return nil
        }
        return Pass(self)
    }

    final class Pass: Sendable {
        private let turnstile: Turnstile

        fileprivate init(_ turnstile: Turnstile) {
            self.turnstile = turnstile
        }

        deinit { turnstile.leave() }
    }
}
