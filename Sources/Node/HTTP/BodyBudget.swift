// Bounds the memory of request bodies that are being received, however many connections there are.

import Synchronization

final class BodyBudget: Sendable {
    private let used = Atomic<Int>(0)
    let most: Int

    init(most: Int = 256 << 20) {
        self.most = most
    }

    func reserve(_ bytes: Int) -> Bool {
        guard used.add(bytes, ordering: .relaxed).newValue <= most else {
            release(bytes)
            return false
        }
        return true
    }

    func release(_ bytes: Int) {
        used.subtract(bytes, ordering: .relaxed)
    }
}
