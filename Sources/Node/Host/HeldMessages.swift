// Messages that may not leave before a journal batch is durable, in the order in which they were given.

import NIOCore
import Paxos
import Replication

struct HeldMessages {
    struct Held {
        var message: PeerMessage
        var node: NodeID
        var batch: BatchID
    }

    private var queue: CircularBuffer<Held> = []
    private var durable = BatchID(0)

    var count: Int { queue.count }

    /// - Returns: false when the message may leave at once; else it is kept.
    mutating func hold(_ message: PeerMessage, to node: NodeID, after batch: BatchID?) -> Bool {
        guard let batch, batch > durable else { return false }
        precondition(batch >= queue.last?.batch ?? batch, "messages wait for batches in the order of the batches")
        queue.append(Held(message: message, node: node, batch: batch))
        return true
    }

    /// Notes that all batches up to this one are durable.
    mutating func noteDurable(_ batch: BatchID) {
        durable = max(durable, batch)
    }

    /// The next message that may leave now; nil when there is none.
    mutating func next() -> Held? {
        guard let first = queue.first, first.batch <= durable else { return nil }
        return queue.removeFirst()
    }
}
