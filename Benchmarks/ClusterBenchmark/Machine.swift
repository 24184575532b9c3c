// What was measured on: enough to know whether two results can be compared.

import Foundation

struct Machine: Codable {
    var processors = ProcessInfo.processInfo.activeProcessorCount
    var processor: String
    var kernel: String
    var fileSystem: String

    init(dataFolder: String) {
        let lines = ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "").split(separator: "\n")
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
        processor = model?.trimmingCharacters(in: .whitespaces) ?? "unknown"
        let release = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        kernel = release?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
        fileSystem = Self.fileSystem(of: dataFolder)
    }

    var isInMemory: Bool { ["tmpfs", "ramfs"].contains(fileSystem) }

    var line: String {
        "\(processor), processors: \(processors), Linux \(kernel), data on \(fileSystem)"
    }

    /// Of the mount point that is the longest beginning of the path.
    private static func fileSystem(of folder: String) -> String {
        let path = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        let lines = ((try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? "").split(separator: "\n")
        let mounts: [(point: String, type: String)] = lines.compactMap { line in
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count > 2 else { return nil }
            let (point, type) = (fields[1], fields[2])
            return point == "/" || path == point || path.hasPrefix("\(point)/") ? (point, type) : nil
        }
        // Where one is mounted on the other, the later one counts.
        return mounts.reversed().max { $0.point.count < $1.point.count }?.type ?? "unknown"
    }
}
