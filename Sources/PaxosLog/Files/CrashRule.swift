// What a crash leaves of that which was not synced. A drive may keep any part of it, in any order.

package struct CrashRule: Equatable, Sendable {
    package enum Share: Sendable {
        case none
        case all
        /// Each sector of 512 bytes for itself shows any of its versions since the last sync; the names of a folder
        /// show a prefix of the changes made to it, which is what file systems with a journal promise.
        case random
    }

    package var contents: Share
    package var names: Share
    package var seed: UInt64

    package init(contents: Share, names: Share, seed: UInt64 = 0) {
        self.contents = contents
        self.names = names
        self.seed = seed
    }

    package static let nothing = CrashRule(contents: .none, names: .none)
    package static let everything = CrashRule(contents: .all, names: .all)

    package static func random(seed: UInt64) -> CrashRule {
        CrashRule(contents: .random, names: .random, seed: seed)
    }
}
