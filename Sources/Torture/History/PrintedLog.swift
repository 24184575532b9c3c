// The writes that the nodes' log holds, as `logtool print` shows them, and whether they are what clients were told.

import FoundationEssentials

struct PrintedLog {
    private var writes: Set<String> = []

    /// - Parameter file: what `logtool print` said of a node.
    mutating func add(_ file: String) throws(TortureFailure) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw .noInput("\(file): it can't be read")
        }
        for line in data.split(separator: UInt8(ascii: "\n")) {
            // 7 chosen set KEY VALUE, with each space in the value as \x20
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 4)
            guard words.count == 5, words[2].elementsEqual("set".utf8) else { continue }
            writes.insert(String(decoding: words[3], as: UTF8.self) + " " + String(decoding: words[4], as: UTF8.self))
        }
    }

    /// A sentence for each write that should be there and is not, or the other way round.
    func contradictions(to history: History) -> [String] {
        history.operations.compactMap { operation in
            guard operation.op == .set, let value = operation.value else { return nil }
            let isThere = writes.contains(operation.key + " " + value.replacing(" ", with: "\\x20"))
            switch operation.outcome {
            case .ok where !isThere: return "acknowledged, and not in the log: \(operation.key), \(operation.line)"
            case .fail where isThere: return "refused, and in the log: \(operation.key), \(operation.line)"
            default: return nil
            }
        }
    }
}
