// What a key holds: its value, and the slots that wrote it.

package import Paxos

package struct StoredValue: Equatable, Sendable {
    package var value: [UInt8]
    /// The slot that wrote the key when it was not there.
    package var created: Slot
    /// The slot that wrote the value.
    package var modified: Slot

    package init(value: [UInt8], created: Slot, modified: Slot) {
        self.value = value
        self.created = created
        self.modified = modified
    }

    /// Writes another value, in the place of one of the same length if nobody else holds that.
    mutating func overwrite(_ other: RawSpan) {
        if value.count == other.byteCount {
            other.withUnsafeBytes { other in value.withUnsafeMutableBytes { $0.copyMemory(from: other) } }
        } else {
            value = other.withUnsafeBytes { [UInt8]($0) }
        }
    }
}
