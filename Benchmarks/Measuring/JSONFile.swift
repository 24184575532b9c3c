// Figures as a file to keep.

import FoundationEssentials

package enum JSONFile {
    package static func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let file = URL(filePath: path)
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try encoder.encode(value).write(to: file)
        } catch {
            throw BenchmarkFailure("\(path): \(error)")
        }
        print("written: \(path)")
    }
}
