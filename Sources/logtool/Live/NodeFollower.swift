// Follows a running node's log, each chosen entry once and in order, from the moment that the node has applied it. A node
// that was there and does not answer is waited for.

import Paxos
import PaxosLog

struct NodeFollower: Follower {
    private let node: any NodeConnection
    /// The slot that comes next.
    private(set) var next: Slot
    private var isAway = false

    /// - Parameter slot: the first wanted; nil for what comes behind all that is applied now.
    /// - Throws: `Failure` when the node does not answer.
    init(_ node: any NodeConnection, from slot: Slot?) throws {
        self.node = node
        do throws(NodeFailure) {
            let end = try node.get("/log/entries/encoded?from=\(SlotArgument.last)").slot
            guard let end else { throw .garbled("how far it has applied the log") }
            next = slot ?? Slot(end).next
        } catch {
            throw error.asFailure(node.url, isFirst: true)
        }
    }

    mutating func poll(_ visit: LogVisitor) throws {
        while let run = try run() {
            var isWanted = true
            _ = try run.body.visitEntries(.chosen, in: run.slots, .forwards) { event in
                if case .entry(let entry) = event { next = entry.view.slot.next }
                isWanted = try visit(event)
                return isWanted
            }
            guard isWanted else { return }
        }
    }

    /// What comes next; nil when there is nothing yet, or nobody answers.
    private mutating func run() throws -> Run? {
        do throws(NodeFailure) {
            let run = try node.entries(from: next)
            isAway = false
            return run
        } catch {
            switch error {
            case .refused(410, let reason): throw Failure.compactedPast(next, reason)
            case .unreachable, .refused(500...599, _):
                if !isAway { Output.complain("\(node.url.text): \(error.sentence): waiting for it") }
                isAway = true
                return nil
            case .refused, .garbled: throw error.asFailure(node.url)
            }
        }
    }
}
