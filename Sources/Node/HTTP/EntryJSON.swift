// A chosen entry as one line of JSON, the same that `logtool print --format json` prints: fields in alphabetical order,
// and base64 for bytes that are not printable UTF-8.

import NIOCore
import Paxos
import PaxosLog
import StateMachine

enum EntryJSON {
    /// - Parameter bytes: what `entry` points into.
    static func write(_ entry: EntryView, in bytes: [UInt8], to buffer: inout ByteBuffer) {
        let command =
            entry.kind == .command ? try? Command(decoding: bytes.span.bytes.extracting(entry.payload)) : nil
        let text = EntryText.text(entry, in: bytes) { command?.text ?? CommandText.text(ofEncoded: $0) }
        var fields: [(String, JSONValue)] = [
            ("boot", .number(entry.session.boot))
        ]
        if let checkpoint = Checkpoint(of: entry, in: bytes.span.bytes) {
            fields.append(("checkpoint", object(checkpoint)))
        }
        fields += [
            ("incarnation", .number(UInt64(entry.session.incarnation.rawValue))),
            ("kind", .string("\(entry.kind)".lowercased())),
            ("node", .string("\(entry.session.node)")),
        ]
        if let command { fields.append(("operations", .array(command.operations.map(operation)))) }
        fields += [
            ("sequence", .number(entry.sequence)),
            ("slot", .number(entry.slot.rawValue)),
            ("state", .string(EntryText.State.chosen.rawValue)),
            ("text", .string(text)),
            ("time", .number(entry.time)),
        ]
        JSONValue.object(fields).write(to: &buffer)
        buffer.writeStaticString("\n")
    }

    private static func object(_ checkpoint: Checkpoint) -> JSONValue {
        let state = checkpoint.stateDigest.map { [("stateDigest", JSONValue.string($0))] } ?? []
        let snapshot = checkpoint.snapshotSHA256.map { [("snapshotSHA256", JSONValue.string($0))] } ?? []
        return .object([("slot", .number(checkpoint.slot.rawValue))] + snapshot + state)
    }

    private static func operation(_ operation: Command.Operation) -> JSONValue {
        switch operation {
        case .set(let key, let value):
            .object([printable("key", key), ("operation", .string("set")), printable("value", value)])
        case .delete(let key):
            .object([printable("key", key), ("operation", .string("delete"))])
        }
    }

    private static func printable(_ name: String, _ bytes: [UInt8]) -> (String, JSONValue) {
        let isPrintable = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        return isPrintable ? JSONValue.field(name, bytes) : (name + "_base64", .string(Base64.encode(bytes)))
    }
}
