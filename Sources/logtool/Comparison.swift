// Several logs held against the first: how far each pair agrees, the first slot that differs, and who is alone with it.

import Console
import Paxos
import PaxosLog

struct Comparison {
    struct Node {
        let log: NodeLog
        /// The last block whose header is intact.
        let lastBlock: BlockDigest?
        /// What the journal knows to be chosen behind the log.
        var journal: [Run] = []
        var chosenThrough = Slot.zero
        var damage: [Damage] = []
    }

    struct Summary: Encodable {
        struct Held: Encodable {
            var node: String
            var chosenThrough: UInt64
            /// What it holds in the slot that differs; absent where it holds nothing there.
            var text: String?
            var isInMinority: Bool
        }
        var verdict: String
        var agreedThrough: UInt64
        var firstDifference: UInt64?
        /// What running nodes have sent for it; absent where all are folders.
        var receivedBytes: Int?
        var nodes: [Held]
    }

    private(set) var nodes: [Node]
    private(set) var agreedThrough = Slot.zero
    private(set) var firstDifference: Slot?
    /// The entries in the slot that differs, encoded, and as a line; by the node's place.
    private var held: [Int: (encoded: [UInt8], line: String)] = [:]

    init(_ logs: [NodeLog], readsPayloads: Bool, progress: ProgressLine? = nil) throws {
        nodes = try logs.map { Node(log: $0, lastBlock: try $0.lastBlock()) }
        for index in nodes.indices {
            if readsPayloads { try readPayloads(index, progress) }
            try findEnd(index)
        }
        var through: Slot?
        for index in nodes.indices.dropFirst() {
            let (agreed, difference) = try compare(0, index)
            through = min(through ?? agreed, agreed)
            if let difference { firstDifference = min(firstDifference ?? difference, difference) }
        }
        agreedThrough = through ?? .zero
        if let slot = firstDifference {
            agreedThrough = min(agreedThrough, slot.previous)
            for index in nodes.indices { try hold(slot, index) }
        }
    }

    var verdict: Verdict {
        if firstDifference != nil || nodes.contains(where: { !$0.damage.isEmpty }) { return .finding }
        return nodes.contains { $0.chosenThrough == .zero } ? .cannotTell : .clean
    }

    // MARK: Each log by itself

    private mutating func readPayloads(_ index: Int, _ progress: ProgressLine?) throws {
        var cursor = try nodes[index].log.reader.verification(by: Threads.all)
        while let finding = try cursor.next() {
            switch finding {
            case .block(let block): progress?.add(block.storedBytes)
            case .damage(let damage): if damage.kind != .tornTail { nodes[index].damage.append(damage) }
            }
        }
    }

    private mutating func findEnd(_ index: Int) throws {
        if let live = nodes[index].log.live {
            nodes[index].chosenThrough = live.listing.appliedThrough
            return
        }
        let logThrough = nodes[index].log.through(nodes[index].lastBlock?.slots.upperBound)
        let journal = try nodes[index].log.journal(above: logThrough)
        nodes[index].chosenThrough = journal.chosenThrough(behind: logThrough)
        nodes[index].journal = journal.chosen
    }

    // MARK: Two logs

    /// How far two logs agree, and the first slot in which both hold something else.
    private mutating func compare(_ left: Int, _ right: Int) throws -> (agreed: Slot, difference: Slot?) {
        let end = min(
            nodes[left].lastBlock?.slots.upperBound ?? .zero, nodes[right].lastBlock?.slots.upperBound ?? .zero)
        // What one of them has dropped can't be compared; the digests go on from it.
        var agreed = try max(nodes[left].log.firstSlot(), nodes[right].log.firstSlot()).previous
        if end > agreed {
            agreed = try isSameBlock(end, left, right) ? end : lastAgreement(from: agreed, below: end, left, right)
        }
        let rest = min(nodes[left].chosenThrough, nodes[right].chosenThrough)
        if agreed < rest, try haveSameDigest(agreed.next...rest, left, right) { return (rest, nil) }
        return try compareEntries(from: agreed.next, left, right)
    }

    /// Whether both are running nodes, and tell the same digest of these slots.
    private func haveSameDigest(_ slots: ClosedRange<Slot>, _ left: Int, _ right: Int) throws -> Bool {
        guard nodes[left].log.live != nil, nodes[right].log.live != nil,
            let one = try nodes[left].log.digest(of: slots)
        else { return false }
        return try nodes[right].log.digest(of: slots) == one
    }

    /// The end of the last block with the same digest on both. Digests go on from block to block, so that those behind a
    /// difference differ too.
    private func lastAgreement(from start: Slot, below end: Slot, _ left: Int, _ right: Int) throws -> Slot {
        var low = start
        var high = end
        while low.next < high {
            let middle = Slot((low.rawValue + high.rawValue) / 2)
            if try isSameBlock(middle, left, right) { low = middle } else { high = middle }
        }
        return low
    }

    /// Whether the slot lies in the same block of both.
    private func isSameBlock(_ slot: Slot, _ left: Int, _ right: Int) throws -> Bool {
        guard let one = try nodes[left].log.block(holding: slot) else { return false }
        return try nodes[right].log.block(holding: slot) == one
    }

    /// Slot by slot, a block of each in memory at a time.
    private mutating func compareEntries(
        from start: Slot, _ left: Int, _ right: Int
    ) throws -> (agreed: Slot, difference: Slot?) {
        var (one, other) = (reader(of: left, from: start), reader(of: right, from: start))
        var slot = start
        var agreed = start.previous
        while true {
            let (first, second) = (try one.entry(slot), try other.entry(slot))
            if case .end = first { break }
            if case .end = second { break }
            if case .held(let mine, _) = first, case .held(let theirs, _) = second, mine != theirs {
                note(one.damage, left)
                note(other.damage, right)
                return (agreed, slot)
            }
            if case .held = first, case .held = second { agreed = slot }
            slot = slot.next
        }
        note(one.damage, left)
        note(other.damage, right)
        return (agreed, nil)
    }

    private func reader(of index: Int, from slot: Slot) -> SlotReader {
        SlotReader(nodes[index].log, journal: nodes[index].journal, from: slot)
    }

    private mutating func note(_ damage: [Damage], _ index: Int) {
        for found in damage where !nodes[index].damage.contains(found) { nodes[index].damage.append(found) }
    }

    // MARK: The difference

    private mutating func hold(_ slot: Slot, _ index: Int) throws {
        var reader = self.reader(of: index, from: slot)
        if case .held(let encoded, let line) = try reader.entry(slot) { held[index] = (encoded, line) }
        note(reader.damage, index)
    }

    /// Nodes that hold in the slot what fewer than half of those that hold anything there do.
    private var minority: Set<Int> {
        var groups: [[UInt8]: [Int]] = [:]
        for (index, entry) in held { groups[entry.encoded, default: []].append(index) }
        return Set(groups.values.filter { 2 * $0.count < held.count }.joined())
    }

    // MARK: Report

    /// What running nodes have sent, and how much there is on their disks; nil where all are folders.
    private var received: (bytes: Int, of: UInt64)? {
        let live = nodes.compactMap(\.log.live)
        if live.isEmpty { return nil }
        return (live.reduce(0) { $0 + $1.connection.receivedBytes }, live.reduce(0) { $0 + $1.listing.bytes })
    }

    var summary: Summary {
        Summary(
            verdict: verdict == .clean
                ? "equal"
                : verdict == .cannotTell
                    ? "cannot tell"
                    : firstDifference == nil
                        ? "damaged" : "diverged",
            agreedThrough: agreedThrough.rawValue, firstDifference: firstDifference?.rawValue,
            receivedBytes: received?.bytes,
            nodes: nodes.enumerated().map { index, node in
                Summary.Held(
                    node: node.log.name, chosenThrough: node.chosenThrough.rawValue, text: held[index]?.line,
                    isInMinority: minority.contains(index))
            })
    }

    func lines(_ paint: Paint) -> [String] {
        var lines: [String] = []
        if let slot = firstDifference {
            lines.append("the logs agree through slot \(agreedThrough) and differ in slot \(slot):")
            var table = Table(words: ["node", "", "slot state command"])
            for (index, node) in nodes.enumerated() {
                table.add([
                    "\(node.log.name)", minority.contains(index) ? Table.Cell("minority", .red) : "",
                    "\(held[index]?.line ?? "holds nothing there")",
                ])
            }
            lines += table.lines(in: paint)
            if minority.isEmpty { lines.append("no side has a majority") }
        } else if nodes.contains(where: { $0.chosenThrough == .zero }) {
            lines.append("nothing is chosen on a node, so that there is nothing to compare:")
        } else {
            lines.append("the logs agree through slot \(agreedThrough):")
        }
        if firstDifference == nil {
            var table = Table(words: ["node", "chosen through", "log through", "chain digest there"])
            for node in nodes {
                table.add([
                    "\(node.log.name)", "\(node.chosenThrough)", "\(node.lastBlock?.slots.upperBound ?? .zero)",
                    node.lastBlock.map { "\($0.chainDigest)" } ?? "-",
                ])
            }
            lines += table.lines(in: paint)
        }
        for node in nodes {
            for damage in node.damage {
                lines.append("\(node.log.name): \(paint(damage.sentence, damage.kind.colour))")
            }
        }
        if let received {
            lines.append("received: \(ByteText(UInt64(received.bytes))), of \(ByteText(received.of)) that there are")
        }
        return lines
    }
}
