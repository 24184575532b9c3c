// The end of the chosen log that is on disk in the journal alone, for those who print the whole log.

package import Paxos
import StateMachine

extension ReplicaDriver {
    /// The applied entries behind those that the chosen log is known to hold, as one run; nil when there are none.
    package var unlogged: Run? {
        guard let tail, tail.durableThrough < store.appliedThrough else { return nil }
        return tail.values(from: tail.durableThrough.next, through: store.appliedThrough, bytes: .max)
    }
}
