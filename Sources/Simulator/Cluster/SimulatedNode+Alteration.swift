// A state that is altered in memory, under a key that no client asks for: what clients are told stays right, so that only
// checkpoints can find it.

import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage

extension SimulatedNode {
    private static let alteration = Array("altered".utf8)

    /// Whether the state holds what nobody wrote.
    var isAltered: Bool { driver?.store.value(for: SimulatedNode.alteration) != nil }

    /// Whether its folder keeps it from serving.
    var saysThatItDiverged: Bool {
        disk.contents(of: SimulatedNode.directory.appending(DivergenceReport.fileName)) != nil
    }

    /// The state's digest is that of what it holds then, as if a command had been carried out that was not chosen.
    func alter() -> Bool {
        guard let driver, !isAltered, let altered = SimulatedNode.altered(driver.store) else { return false }
        replaceStore(by: altered)
        return true
    }

    private static func altered(_ store: KeyValueStore) -> KeyValueStore? {
        var summary = store.summary
        func build() throws(StateBuilderError) -> KeyValueStore {
            var builder = StateBuilder()
            builder.add(Array(store.sortedKeys()))
            builder.add([(alteration, StoredValue(value: [1], created: .first, modified: .first))])
            return try builder.finish(summary, sessions: store.encodedSessions)
        }
        do throws(StateBuilderError) {
            return try build()
        } catch {
            guard case .wrongDigest(let digest) = error else { return nil }
            summary.digest = digest
            return try? build()
        }
    }
}
