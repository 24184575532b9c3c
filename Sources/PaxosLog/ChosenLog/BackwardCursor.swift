// Reads the chosen log from a slot towards its beginning, and gives out what a reading forwards does, the other way round.
// It holds one segment's headers and one block at a time, and never writes. The log's last segment is verified before
// any of it is given out: what a crash tore there shows only to those who come from the front.

import Paxos
import SystemPackage

package struct BackwardCursor: ~Copyable, Sendable {
    private let reader: ChosenLogReader
    private let limits: LogLimits?
    private let from: Slot
    private let last: SegmentName?
    /// The segments before the one that is read, of which `unread` are to be read still.
    private var names: [SegmentName]
    private var unread: Int
    /// What the headers of the segment tell that is being read, the next one last.
    private var found: [LogFinding] = []

    /// - Parameters:
    ///   - names: the segments that may be read, sorted.
    ///   - last: the log's last.
    ///   - from: a slot of the last block wanted.
    ///   - count: how many segments are read at most.
    init(
        _ reader: ChosenLogReader, names: [SegmentName], last: SegmentName?, from: Slot, count: Int,
        limits: LogLimits?
    ) {
        self.reader = reader
        self.limits = limits
        self.from = from
        self.names = names
        self.last = last
        unread = count
    }

    /// What stands before the last that was given out; nil at the log's beginning. Payloads are read and verified.
    /// - Throws: `.io` alone; whatever the files hold is a finding.
    package mutating func next() throws(StorageError) -> LogFinding? {
        while true {
            switch found.popLast() {
            case .damage(let damage)?: return .damage(damage)
            case .block(let block)?:
                // The node that runs here may have dropped it meanwhile.
                if let finding = try payload(of: block) { return finding }
            case nil:
                guard unread > 0, let name = names.popLast() else { return nil }
                unread -= 1
                try readHeaders(of: name)
            }
        }
    }

    private func payload(of block: LogBlock) throws(StorageError) -> LogFinding? {
        let slot = block.header.firstSlot
        return try reader.find(slot, reader.cursor(from: slot, depth: .payloads, limits: limits))
    }

    /// The reading begins with the last block of the segment before, so that what lies between the two is seen.
    private mutating func readHeaders(of name: SegmentName) throws(StorageError) {
        let before = names.last?.description
        let start = before == nil ? .first : name.firstSlot.previous
        let depth: ReadingDepth = name == last ? .checks : .headers
        var cursor = try reader.cursor(from: start, depth: depth, through: name, limits: limits)
        while let finding = try cursor.next() {
            switch finding {
            case .block(let block):
                if block.header.firstSlot > from { return }
                if block.file.lastComponent?.string != before { found.append(finding) }
            case .damage(let damage):
                if let lost = damage.slots, lost.lowerBound > from { return }
                if damage.file.lastComponent?.string != before { found.append(finding) }
            }
        }
    }
}
