// What a backup holds, and whether it came to its end: backup.json in its folder, in the place of an identity.

import Console
import FoundationEssentials
import Paxos
import PaxosLog
import SystemPackage

struct BackupReceipt: Codable, Equatable {
    static let fileName = "backup.json"
    static let currentVersion = 1

    var version = BackupReceipt.currentVersion
    var node: String
    var cluster: String
    var from: String
    /// When it was begun, in microseconds since 1970.
    var time: UInt64
    var isWhole: Bool
    /// Of the log; absent where that is empty.
    var firstSlot: UInt64?
    /// The last slot of all.
    var through: UInt64
    var segments: Int
    var snapshots: Int
    /// Of the files that were copied.
    var bytes: UInt64

    /// - Returns: nil where there is none.
    static func read(_ fileSystem: any FileSystem, _ directory: FilePath) throws -> BackupReceipt? {
        let path = directory.appending(fileName)
        guard try fileSystem.exists(path) else { return nil }
        let file = try fileSystem.open(path, for: .read)
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = try bytes.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }
        guard let receipt = try? JSONDecoder().decode(BackupReceipt.self, from: Data(bytes.prefix(count))) else {
            throw Failure(status: 1, message: "\(path) is not what a backup writes there")
        }
        guard receipt.version == BackupReceipt.currentVersion else {
            throw Failure(
                status: 2,
                message:
                    "\(path) has version \(receipt.version), and this program knows version \(BackupReceipt.currentVersion)"
            )
        }
        return receipt
    }

    static func unfinished(in directory: FilePath) -> Damage {
        Damage(
            kind: .gap, file: directory.appending(fileName), offset: 0, slots: nil,
            reason: "the backup did not come to its end: begin it again")
    }

    /// Takes the place of what was there; durable on return.
    func write(_ fileSystem: any FileSystem, _ directory: FilePath) throws {
        try fileSystem.replace(directory.appending(BackupReceipt.fileName), with: JSONText.document(self))
    }

    func lines(_ directory: String) -> [String] {
        var table = Table(words: nil)
        let rows = [
            ("node", node), ("cluster", cluster),
            ("slots", firstSlot.map { "\($0) to \(through)" } ?? "1 to \(through)"),
            ("segments", "\(segments)"), ("snapshots", "\(snapshots)"), ("bytes", "\(bytes)"),
        ]
        for (name, text) in rows { table.add(["\(name)", "\(text)"]) }
        return ["\(directory):"] + table.lines
    }
}
