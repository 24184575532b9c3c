// The names in a journal's folder. It looks at no file's contents and changes nothing.

package import SystemPackage

package struct JournalFolder {
    package struct Item: Equatable, Sendable {
        package var sequence: UInt64
        package var path: FilePath
    }

    /// Files of the journal, by sequence.
    package private(set) var files: [Item] = []
    /// Files ready to be used, or used again. What they hold means nothing.
    package private(set) var spares: [Item] = []
    /// What a crash left of making a spare.
    package private(set) var unfinished: [Item] = []

    package init(_ fileSystem: any FileSystem, _ directory: FilePath) throws(StorageError) {
        for name in try fileSystem.list(directory) {
            guard let (sequence, kind) = JournalFolder.parse(name) else { continue }
            let item = Item(sequence: sequence, path: directory.file(name))
            switch kind {
            case .file: files.append(item)
            case .spare: spares.append(item)
            case .unfinished: unfinished.append(item)
            }
        }
        files.sort { $0.sequence < $1.sequence }
    }

    private enum Kind: String {
        case file = ".journal"
        case spare = ".spare"
        case unfinished = ".unfinished"
    }

    package static func file(_ directory: FilePath, _ sequence: UInt64) -> FilePath {
        directory.file(digits(sequence) + Kind.file.rawValue)
    }

    package static func spare(_ directory: FilePath, _ sequence: UInt64) -> FilePath {
        directory.file(digits(sequence) + Kind.spare.rawValue)
    }

    package static func unfinished(_ directory: FilePath, _ sequence: UInt64) -> FilePath {
        directory.file(digits(sequence) + Kind.unfinished.rawValue)
    }

    /// Ten digits, so that names sort as numbers do.
    private static func digits(_ sequence: UInt64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 10 - digits.utf8.count)) + digits
    }

    private static func parse(_ name: String) -> (sequence: UInt64, kind: Kind)? {
        guard let dot = name.utf8.firstIndex(of: UInt8(ascii: ".")), let kind = Kind(rawValue: String(name[dot...])),
            let sequence = UInt64(name[..<dot]), sequence > 0, String(name[..<dot]) == digits(sequence)
        else { return nil }
        return (sequence, kind)
    }
}
