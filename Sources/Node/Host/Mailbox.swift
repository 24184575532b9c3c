// What other threads have for the event loop. It never wakes anybody itself: whoever puts the first item in must.

import NIOConcurrencyHelpers

struct Mailbox<Item: Sendable>: Sendable {
    // Not a Mutex, which ThreadSanitizer does not see as a lock.
    private let items = NIOLockedValueBox<[Item]>([])

    /// - Returns: whether the mailbox was empty, so that the owner must be woken: once for all that comes until `take`.
    func put(_ item: Item) -> Bool {
        items.withLockedValue { items in
            items.append(item)
            return items.count == 1
        }
    }

    /// Everything that came, in order.
    func take() -> [Item] {
        items.withLockedValue { items in
            defer { items = [] }
            return items
        }
    }
}
