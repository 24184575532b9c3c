// Objects as one line of JSON each.

import FoundationEssentials
import Paxos
import PaxosLog
import StateMachine
import SystemPackage

enum JSONText {
    /// With its fields in alphabetical order, so that equal objects are equal lines.
    static func line(_ object: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(object) else {
            preconditionFailure("what this program puts into JSON can be put there")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Bytes as a string where they are printable UTF-8, else in base64.
    struct Bytes {
        var text: String?
        var base64: String?

        init(_ bytes: [UInt8]) {
            let text = String(decoding: bytes, as: UTF8.self)
            let isPlain =
                Array(text.utf8) == bytes && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            self.text = isPlain ? text : nil
            base64 = isPlain ? nil : Data(bytes).base64EncodedString()
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

struct EntryObject: Encodable {
    struct Operation: Encodable {
        var operation: String
        var key: String?
        var keyBase64: String?
        var value: String?
        var valueBase64: String?

        enum CodingKeys: String, CodingKey {
            case operation, key, value
            case keyBase64 = "key_base64"
            case valueBase64 = "value_base64"
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
        operations = entry.command?.operations.map { operation in
            switch operation {
            case .set(let key, let value):
                let (key, value) = (JSONText.Bytes(key), JSONText.Bytes(value))
                return Operation(
                    operation: "set", key: key.text, keyBase64: key.base64, value: value.text,
                    valueBase64: value.base64)
            case .delete(let key):
                let key = JSONText.Bytes(key)
                return Operation(operation: "delete", key: key.text, keyBase64: key.base64)
            }
        }
    }
}
