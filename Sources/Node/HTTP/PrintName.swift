// The names that /log/print may write under: plain ones, within the data folder, and none that the node itself uses.

enum PrintName {
    static let longest = 128
    static let rule =
        "a name is 1 to \(longest) of A to Z, a to z, 0 to 9, '.', '_' and '-', does not begin with '.', has no '.json' in it, and is none of the node's own files"

    /// What the node keeps in its data folder, in lower case, besides documents, all of which are JSON.
    static let reserved: Set<String> = ["journal", "log", "snapshots", "quarantine", "incoming", "lock"]

    /// - Returns: the name, if it is one.
    static func check(_ name: String) -> String? {
        guard !name.isEmpty, name.utf8.count <= longest, name.utf8.first != UInt8(ascii: ".") else { return nil }
        guard name.utf8.allSatisfy(isAllowed) else { return nil }
        let lowercased = name.lowercased()
        guard !reserved.contains(lowercased), !lowercased.contains(".json") else { return nil }
        return name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
