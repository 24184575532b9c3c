// Which nodes may have lost what they once promised. They are never more than a minority: with a majority, what was
// acknowledged may be gone, and no cluster can do anything about it.

struct DamageBudget: Equatable, Sendable {
    let most: Int
    private(set) var damaged: Set<Int> = []

    init(nodes: Int) {
        most = (nodes - 1) / 2
    }

    /// The first in `order` that may be damaged, which from now on it is. A node that is damaged already may be damaged
    /// again.
    mutating func take(from order: [Int]) -> Int? {
        guard let node = order.first(where: { damaged.contains($0) || damaged.count < most }) else { return nil }
        damaged.insert(node)
        return node
    }

    /// The node has its vote back, and what it promised since counts.
    mutating func giveBack(_ node: Int) {
        damaged.remove(node)
    }
}
