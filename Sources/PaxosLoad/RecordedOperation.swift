// One request from its start to its end, as a line of the history (docs/load.md). Times are nanoseconds since the run
// began.

import Paxos

struct RecordedOperation: Equatable, Sendable {
    var client: Int
    var request: Request
    var start: Int64
    /// Nil when it may take effect even later.
    var end: Int64?
    var outcome: Outcome
}

extension RecordedOperation {
    /// As a line of JSON, with its fields in the order in which people read them.
    func encode(into bytes: inout [UInt8]) {
        let (word, read): (String, String?) =
            switch outcome {
            case .done(let value): ("ok", value)
            case .refused: ("fail", nil)
            case .unknown: ("unknown", nil)
            }
        bytes += "{\"client\":\(client),\"op\":\"\(request.kind.rawValue)\",\"key\":".utf8
        Self.encode(request.key, into: &bytes)
        bytes += ",\"value\":".utf8
        if let value = request.value ?? read { Self.encode(value, into: &bytes) } else { bytes += "null".utf8 }
        bytes += ",\"start\":\(start),\"end\":\(end.map(String.init) ?? "null"),\"outcome\":\"\(word)\"}\n".utf8
    }

    private static func encode(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes += [UInt8(ascii: "\\"), byte]
            case ..<0x20:
                bytes += "\\u00\(byte.hexadecimal)".utf8
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
