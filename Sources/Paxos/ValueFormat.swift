// The little that Paxos must know of values, which are otherwise bytes to it: given by its caller.

package struct ValueFormat: Sendable {
    package let checksum: RunChecksum
    /// A value that changes nothing, as a run's body holds it, length field included.
    package let noOp: @Sendable (_ slot: Slot, _ time: UInt64) -> [UInt8]

    package init(
        checksum: @escaping RunChecksum, noOp: @escaping @Sendable (_ slot: Slot, _ time: UInt64) -> [UInt8]
    ) {
        self.checksum = checksum
        self.noOp = noOp
    }
}
