// The plain values that these tests agree on: a length, and the bytes of a short text.

@testable import Paxos

let n0 = NodeID(0)
let n1 = NodeID(1)
let n2 = NodeID(2)
let n3 = NodeID(3)
let n4 = NodeID(4)

/// The text of a value that changes nothing.
let noOpText = "-"

func encoded(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    return (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
}

func encoded(_ texts: [String]) -> [UInt8] { texts.flatMap { encoded($0) } }

/// Any function of all the fields will do here.
let testChecksum: RunChecksum = { ballot, firstSlot, count, body in
    var sum = ballot.round &* 31 &+ UInt64(ballot.node.rawValue) &* 7 &+ UInt64(ballot.incarnation.rawValue)
    sum = sum &* 31 &+ firstSlot.rawValue &* 3 &+ UInt64(count)
    return sum &* 31 &+ UInt64(body.count)
}

/// A value that gives the vote of `node` to another life of it; all others vote with their first disks.
func configurationText(_ node: NodeID, _ incarnation: Incarnation) -> String { "members \(node).\(incarnation)" }

/// - Parameters:
///   - size: how many members there are.
///   - life: what a configuration must name for `node` to be about the disk that it has.
func testFormat(_ size: Int, node: NodeID, life: Incarnation) -> ValueFormat {
    ValueFormat(
        checksum: testChecksum, noOp: { _, _ in encoded(noOpText) },
        isConfiguration: { changedMember(String(decoding: $0.dropFirst(4), as: UTF8.self)) != nil },
        configuration: { run in
            guard let index = run.texts.lastIndex(where: { changedMember($0) != nil }),
                let changed = changedMember(run.texts[index])
            else { return nil }
            let members = firstMembers(size).members.map { $0.node == changed.node ? changed : $0 }
            let named = members.first { $0.node == node }?.incarnation
            return (
                Configuration(slot: run.firstSlot + index, members: members), own: named == life ? life : .learner
            )
        })
}

private func changedMember(_ text: String) -> Configuration.Member? {
    let words = text.split(separator: " ")
    guard words.count == 2, words[0] == "members" else { return nil }
    let parts = words[1].split(separator: ".")
    guard parts.count == 2, let node = NodeID(parts[0]), let incarnation = UInt32(parts[1]) else { return nil }
    return Configuration.Member(node: node, incarnation: Incarnation(incarnation))
}

func ballot(_ round: UInt64, _ node: NodeID, incarnation: Incarnation = .first) -> Ballot {
    Ballot(round: round, node: node, incarnation: incarnation)
}

func run(_ ballot: Ballot, from slot: UInt64, _ texts: [String]) -> Run {
    Run(
        ballot: ballot, firstSlot: Slot(slot), count: texts.count, body: encoded(texts), sealedBy: testChecksum)
}

func run(_ ballot: Ballot, from slot: UInt64, _ texts: String...) -> Run { run(ballot, from: slot, texts) }

extension Run {
    /// The values, each with its length field.
    var values: [[UInt8]] {
        var values: [[UInt8]] = []
        var offset = 0
        for _ in 0..<count {
            let end = offset + 4 + Run.valueLength(in: body, at: offset)
            values.append(Array(body[offset..<end]))
            offset = end
        }
        return values
    }

    var texts: [String] { values.map { String(decoding: $0.dropFirst(4), as: UTF8.self) } }
}

/// A configuration in which the nodes from `n0` on vote with their first disks.
func firstMembers(_ size: Int) -> Configuration {
    Configuration(
        slot: .zero,
        members: (0..<size).map { Configuration.Member(node: NodeID(UInt16($0)), incarnation: .first) })
}
