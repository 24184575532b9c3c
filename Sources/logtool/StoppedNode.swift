// A node's folder that no node uses meanwhile: what a subcommand needs that writes to it, or that must see all of the
// journal.

import PaxosLog
import SystemPackage

enum StoppedNode {
    /// - Throws: `Failure` when a node uses the folder, or what `body` throws.
    static func using<Result>(_ directory: FilePath, _ body: () throws -> Result) throws -> Result {
        let lock = try lock(directory)
        let result = try body()
        _ = consume lock
        return result
    }

    private static func lock(_ directory: FilePath) throws -> FolderLock {
        do {
            return try FolderLock(directory)
        } catch {
            guard case .io(.resourceBusy, _, _) = error else { throw error }
            throw Failure(status: 74, message: "\(directory): a node runs on this folder: stop it first")
        }
    }
}
