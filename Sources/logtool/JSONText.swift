// Objects as one line of JSON each.

import FoundationEssentials
import Paxos
import PaxosLog
import StateMachine
import SystemPackage

enum JSONText {
    /// With its fields in alphabetical order, so that equal objects are equal lines.
    static func line(_ object: some Encodable) -> String { String(decoding: encoded(object), as: UTF8.self) }

    /// The same over several lines, for a file that people read too.
    static func document(_ object: some Encodable) -> [UInt8] {
        encoded(object, .prettyPrinted) + [UInt8(ascii: "\n")]
    }

    private static func encoded(_ object: some Encodable, _ formatting: JSONEncoder.OutputFormatting = []) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, formatting]
        guard let data = try? encoder.encode(object) else {
            preconditionFailure("what this program puts into JSON can be put there")
        }
        return [UInt8](data)
    }

    /// The name of a field, where it depends on what the field holds.
    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension KeyedEncodingContainer<JSONText.Name> {
    mutating func encode(_ value: some Encodable, as name: String) throws {
        try encode(value, forKey: JSONText.Name(stringValue: name))
    }

    /// Bytes as a string where they are printable UTF-8, else in base64, as `name_base64`.
    mutating func encode(bytes: [UInt8], as name: String) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let isPlain =
            Array(text.utf8) == bytes && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        if isPlain {
            try encode(text, as: name)
        } else {
            try encode(Data(bytes).base64EncodedString(), as: "\(name)_base64")
        }
    }
}

struct DamageObject: Encodable {
    var verdict: String
    var file: String
    var offset: UInt64
    var firstSlot: UInt64?
    var lastSlot: UInt64?
    var reason: String
    var node: String

    init(_ damage: Damage, node: String) {
        verdict = damage.kind.rawValue
        file = damage.file.string
        offset = damage.offset
        firstSlot = damage.slots?.lowerBound.rawValue
        lastSlot = damage.slots?.upperBound.rawValue
        reason = damage.reason
        self.node = node
    }
}

struct CheckpointObject: Encodable {
    var slot: UInt64
    /// One of the two.
    var stateDigest: String?
    var snapshotSHA256: String?

    init(_ checkpoint: Checkpoint) {
        slot = checkpoint.slot.rawValue
        stateDigest = checkpoint.stateDigest
        snapshotSHA256 = checkpoint.snapshotSHA256
    }
}

struct EntryObject: Encodable {
    struct Operation: Encodable {
        let operation: Command.Operation

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: JSONText.Name.self)
            switch operation {
            case .set(let key, let value):
                try fields.encode("set", as: "operation")
                try fields.encode(bytes: key, as: "key")
                try fields.encode(bytes: value, as: "value")
            case .delete(let key):
                try fields.encode("delete", as: "operation")
                try fields.encode(bytes: key, as: "key")
            }
        }
    }

    var slot: UInt64
    var state: String
    var kind: String
    /// Microseconds since 1970, by the clock of the leader that proposed it.
    var time: UInt64
    var node: String
    var incarnation: UInt32
    var boot: UInt64
    var sequence: UInt64
    var text: String
    var operations: [Operation]?
    var checkpoint: CheckpointObject?

    init(_ entry: LogEntry) {
        let view = entry.view
        slot = view.slot.rawValue
        state = entry.state.rawValue
        kind = view.kind.word
        time = view.time
        node = "\(view.session.node)"
        incarnation = view.session.incarnation.rawValue
        boot = view.session.boot
        sequence = view.sequence
        text = entry.line.split(separator: " ", maxSplits: 2).last.map(String.init) ?? ""
        operations = entry.command?.operations.map(Operation.init)
        checkpoint = Checkpoint(of: view, in: entry.bytes.span.bytes).map(CheckpointObject.init)
    }
}
