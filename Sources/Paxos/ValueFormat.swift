// The little that Paxos must know of values, which are otherwise bytes to it: given by its caller.

package struct ValueFormat: Sendable {
    package let checksum: RunChecksum
    /// A value that changes nothing, as a run's body holds it, length field included.
    package let noOp: @Sendable (_ slot: Slot, _ time: UInt64) -> [UInt8]
    /// Whether a value, its length field included, says who votes from the next slot on.
    package let isConfiguration: @Sendable (_ value: [UInt8]) -> Bool
    /// The last configuration among the values of a run, and what this node's disk is under it; nil when it holds none.
    package let configuration: @Sendable (_ chosen: Run) -> (configuration: Configuration, own: Incarnation)?

    package init(
        checksum: @escaping RunChecksum, noOp: @escaping @Sendable (_ slot: Slot, _ time: UInt64) -> [UInt8],
        isConfiguration: @escaping @Sendable (_ value: [UInt8]) -> Bool,
        configuration: @escaping @Sendable (_ chosen: Run) -> (configuration: Configuration, own: Incarnation)?
    ) {
        self.checksum = checksum
        self.noOp = noOp
        self.isConfiguration = isConfiguration
        self.configuration = configuration
    }
}
