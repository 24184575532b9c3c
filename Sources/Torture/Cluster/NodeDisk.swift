// Where a node keeps its data, and what happens to it there: room that runs out, a byte that changes, a folder that is
// gone. With mounts of its own each node has a small file system in memory; else a folder.

import FoundationEssentials
import Glibc

struct NodeDisk {
    /// The node's data folder.
    let data: String
    private let root: String
    private let isMounted: Bool

    /// Room for the journal, the log of some ten minutes, and snapshots.
    private static let size = "384m"

    init(root: String, isMounted: Bool) throws(TortureFailure) {
        self.root = root
        self.isMounted = isMounted
        data = "\(root)/data"
        do {
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        } catch {
            throw .inputOutput("\(root): \(error)")
        }
        guard isMounted else { return }
        let command = ["mount", "-t", "tmpfs", "-o", "size=\(Self.size)", "paxos-torture", root]
        let ending = try ChildProcess.run(command, seconds: 20)
        guard ending == .exit(0) else { throw .unavailable("\(command.joined(separator: " ")): \(ending)") }
    }

    private var ballast: String { "\(root)/ballast" }

    /// Takes all the room that is left.
    func fill() throws(TortureFailure) {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failed(ballast) }
        defer { close(descriptor) }
        var end = 0
        // In smaller and smaller pieces, until not a page is left.
        for piece in [1 << 22, 1 << 16, 1 << 12] {
            while posix_fallocate(descriptor, end, piece) == 0 { end += piece }
        }
    }

    func release() { unlink(ballast) }

    /// Changes a byte among those that are written.
    /// - Parameter place: which of them: any number.
    /// - Returns: in which file of the folder, and where in words; nil when the folder holds nothing to damage.
    func flipByte(_ place: UInt64) throws(TortureFailure) -> (file: String, place: String)? {
        let files = ["journal", "log", "snapshots"].flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(data)/\(folder)")) ?? []
            return names.sorted().map { "\(folder)/\($0)" }
        }
        .filter { written(in: "\(data)/\($0)") > 0 }
        guard !files.isEmpty else { return nil }
        let name = files[Int(place % UInt64(files.count))]
        let path = "\(data)/\(name)"
        // In the first half: what was written last may lie above the journal's last durable mark, where damage can't be
        // told from a torn tail (docs/guarantees.md).
        let offset = Int(place / 64 % UInt64(max(1, written(in: path) / 2)))
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed(path) }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        guard pread(descriptor, &byte, 1, offset) == 1 else { throw failed(path) }
        let bit = UInt8(1) << UInt8(place / 7 % 8)
        byte ^= bit
        guard pwrite(descriptor, &byte, 1, offset) == 1, fsync(descriptor) == 0 else { throw failed(path) }
        return (name, "bit \(bit.trailingZeroBitCount) of byte \(offset) of \(name)")
    }

    /// How far a file is written: journal files are longer, and zero at their end.
    private func written(in path: String) -> Int {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var end = Int(lseek(descriptor, 0, SEEK_END))
        var part = [UInt8](repeating: 0, count: 65_536)
        while end > 0 {
            let start = (end - 1) / part.count * part.count
            let count = pread(descriptor, &part, end - start, start)
            guard count == end - start else { return 0 }
            if let last = part[..<count].lastIndex(where: { $0 != 0 }) { return start + last + 1 }
            end = start
        }
        return 0
    }

    /// Takes the folder away, and keeps it beside for a look at it until the next one is.
    func setAside() throws(TortureFailure) {
        let aside = "\(root)/aside"
        do {
            if FileManager.default.fileExists(atPath: aside) { try FileManager.default.removeItem(atPath: aside) }
            if FileManager.default.fileExists(atPath: data) {
                try FileManager.default.moveItem(atPath: data, toPath: aside)
            }
        } catch {
            throw .inputOutput("\(data): \(error)")
        }
    }

    /// Deletes everything.
    func remove() {
        if isMounted { _ = try? ChildProcess.run(["umount", "--lazy", root], seconds: 20) }
        try? FileManager.default.removeItem(atPath: root)
    }

    /// Copies the folder to where it outlives the run.
    func copy(to path: String) throws(TortureFailure) {
        guard FileManager.default.fileExists(atPath: data) else { return }
        let ending = try ChildProcess.run(["cp", "-a", data, path])
        guard ending == .exit(0) else { throw .inputOutput("cp -a \(data) \(path): \(ending)") }
    }

    private func failed(_ path: String) -> TortureFailure {
        .inputOutput("\(path): \(String(cString: strerror(errno)))")
    }
}
