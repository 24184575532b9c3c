// What a node's folder takes on disk, and the most that it may.

import Foundation

struct DiskUse: Codable {
    var log = 0
    var snapshots = 0
    var journal = 0
    /// Files that are deleted and still open, which take their room until they are closed.
    var deleted = 0
    var largestSegment = 0
    var largestSnapshot = 0

    /// The segments that a node keeps behind its snapshots by default, and the one that it writes to.
    static let keptSegments = 5

    var total: Int { log + snapshots + journal + deleted }

    /// Three times a snapshot: the two that are kept, and one that is being written; the kept segments; and the journal.
    var bound: Int { 3 * largestSnapshot + DiskUse.keptSegments * largestSegment + journal }

    /// How full of what may be there, as a fraction.
    var fraction: Double { bound == 0 ? 0 : Double(total) / Double(bound) }

    /// As it is now. Files come and go meanwhile.
    /// - Parameter process: the id of the node's.
    init(of folder: String, process: Int32) {
        for size in DiskUse.sizes(folder + "/log") {
            log += size
            largestSegment = max(largestSegment, size)
        }
        for size in DiskUse.sizes(folder + "/snapshots") {
            snapshots += size
            largestSnapshot = max(largestSnapshot, size)
        }
        journal = DiskUse.sizes(folder + "/journal").reduce(0, +)
        deleted = DiskUse.deleted(in: folder, heldBy: process)
    }

    private static func deleted(in folder: String, heldBy process: Int32) -> Int {
        let descriptors = "/proc/\(process)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: descriptors)) ?? []
        return names.reduce(0) { sum, name in
            var status = stat()
            guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(descriptors)/\(name)"),
                path.hasPrefix(folder + "/"), path.hasSuffix(" (deleted)"), stat("\(descriptors)/\(name)", &status) == 0
            else { return sum }
            return sum + Int(status.st_size)
        }
    }

    private static func sizes(_ folder: String) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return (attributes?[.size] as? NSNumber)?.intValue
        }
    }
}
