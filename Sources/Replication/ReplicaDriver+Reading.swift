// What those may see of a driver who look on: the end of the chosen log in memory, and the promise.

package import Paxos
import StateMachine

extension ReplicaDriver {
    /// The highest ballot that this node has promised.
    package var promised: Ballot { replica?.acceptor.promised ?? .none }

    /// The slots of snapshots that were read back whole, of states that are proven to be the others' too.
    package var provenSnapshots: [Slot] {
        guard divergence == nil else { return [] }
        return makesCheckpoints ? snapshots.verified.filter { $0 <= audit.agreed ?? .zero } : snapshots.verified
    }

    /// The applied entries behind those that the chosen log is known to hold, as one run; nil when there are none.
    package var unlogged: Run? {
        guard let tail, tail.durableThrough < store.appliedThrough else { return nil }
        return tail.values(from: tail.durableThrough.next, through: store.appliedThrough, bytes: .max)
    }

    /// Applied entries from `first` on, about `bytes` of them; nil when they are not in memory, but in the log.
    package func applied(from first: Slot, through last: Slot, bytes: Int) -> Run? {
        tail?.values(from: first, through: min(last, store.appliedThrough), bytes: bytes)
    }
}
