// What became of a command that was chosen and applied: the answer to the client that waits for it on this node.

package enum Outcome: Equatable, Sendable {
    /// Carried out. `existed`: whether the key of the first operation was there before; for `set`, whether a value was
    /// replaced, for `delete`, whether one was removed.
    case done(existed: Bool)
    /// A condition did not hold, and nothing was changed.
    case conditionFailed
    /// An earlier slot carried this command out, or settled it otherwise; nothing was changed.
    case duplicate
    /// The sessions no longer know whether this command was carried out before; nothing was changed.
    case sessionExpired
}
