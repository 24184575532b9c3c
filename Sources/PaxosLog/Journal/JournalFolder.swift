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
            guard let dot = name.utf8.firstIndex(of: UInt8(ascii: ".")), let sequence = UInt64(name[..<dot]),
                sequence > 0, name[..<dot] == JournalFolder.digits(sequence)
            else { continue }
            let item = Item(sequence: sequence, path: directory.appending(name))
            switch name[dot...] {
            case ".journal": files.append(item)
            case ".spare": spares.append(item)
            case ".unfinished": unfinished.append(item)
            default: continue
            }
        }
        files.sort { $0.sequence < $1.sequence }
    }

    package static func file(_ directory: FilePath, _ sequence: UInt64) -> FilePath {
        directory.appending("\(digits(sequence)).journal")
    }

    package static func spare(_ directory: FilePath, _ sequence: UInt64) -> FilePath {
        directory.appending("\(digits(sequence)).spare")
    }

    package static func unfinished(_ directory: FilePath, _ sequence: UInt64) -> FilePath {
        directory.appending("\(digits(sequence)).unfinished")
    }

    /// Ten digits, so that names sort as numbers do.
    private static func digits(_ sequence: UInt64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    }
}
