// Faults of a drive that change what it holds, behind the node's back.

import Paxos
import PaxosLog
import Replication
import SystemPackage

/// What was done to a file.
struct Harm {
    var file: FilePath
    var text: String

    /// Whether a running node can find and mend it.
    var isOfLog: Bool { file.removingLastComponent() == NodeFolder.Places(SimulatedNode.directory).log }
}

extension SimulatedNode {
    /// All files of the node but those in quarantine.
    private var allFiles: [FilePath] {
        let places = NodeFolder.Places(SimulatedNode.directory)
        var files = [SimulatedNode.directory.appending(Identity.fileName)]
        for folder in [places.journal, places.log, places.snapshots] {
            files += ((try? disk.list(folder)) ?? []).map { folder.appending($0) }
        }
        return files
    }

    /// The files that a node needs, that hold something.
    private var files: [FilePath] {
        allFiles.filter {
            !["spare", "unfinished", "partial"].contains($0.extension) && !(disk.contents(of: $0) ?? []).isEmpty
        }
    }

    /// Whether the drive can read all of them.
    var canReadAll: Bool { allFiles.allSatisfy { disk.isReadable($0) } }

    /// A sector can't be read any more.
    func makeUnreadable(using random: inout SplitMix64) -> Harm? {
        guard let file = files.randomElement(using: &random), let size = disk.contents(of: file)?.count else {
            return nil
        }
        let start = Int.random(in: 0...(size - 1) / 512, using: &random) * 512
        disk.makeUnreadable(file, start..<(start + 512))
        return Harm(file: file, text: "the sector of \(file) at \(start) can't be read any more")
    }

    /// Any bit of any file, one that is on its way from a peer too, but rather one of a byte that is not zero, which most of a journal's file is; and half the time
    /// of the value accepted last, which may not be chosen.
    func flipBit(using random: inout SplitMix64) -> Harm? {
        if Bool.random(using: &random), let (file, values) = lastValues() {
            let offset = Int.random(in: values, using: &random)
            disk.flipByte(of: file, at: offset, mask: 1 << UInt8.random(in: 0..<8, using: &random))
            return Harm(file: file, text: "a bit flips in what was accepted last, in \(file) at \(offset)")
        }
        let shipped = ((try? disk.list(incoming.directory)) ?? []).map { incoming.directory.appending($0) }
        guard let file = (files + shipped).randomElement(using: &random), let bytes = disk.contents(of: file),
            !bytes.isEmpty
        else { return nil }
        var offset = 0
        for _ in 0..<20 {
            offset = Int.random(in: 0..<bytes.count, using: &random)
            if bytes[offset] != 0 { break }
        }
        disk.flipByte(of: file, at: offset, mask: 1 << UInt8.random(in: 0..<8, using: &random))
        return Harm(file: file, text: "a bit flips in \(file) at \(offset)")
    }

    /// Where the values stand that the journal accepted last.
    private func lastValues() -> (file: FilePath, bytes: Range<Int>)? {
        let journal = NodeFolder.Places(SimulatedNode.directory).journal
        guard let reader = try? JournalReader(disk, journal, identity: nil, logThrough: nil) else { return nil }
        var last: (FilePath, Range<Int>)?
        while let finding = try? reader.next(), finding != .end {
            guard case .record(.accepted(let run), let place) = finding else { continue }
            let start = Int(place.offset) + JournalFormat.recordHeaderSize
            last = (place.file, start..<(start + run.body.count))
        }
        return last
    }

    /// A sector of 512 bytes or 4 KiB of one file also lands at another place, in this or another file.
    func misdirect(using random: inout SplitMix64) -> Harm? {
        guard let source = files.randomElement(using: &random), let target = files.randomElement(using: &random),
            let bytes = disk.contents(of: source), let size = disk.contents(of: target)?.count
        else { return nil }
        let sector = Bool.random(using: &random) ? 512 : 4096
        let from = Int.random(in: 0...(bytes.count - 1) / sector, using: &random) * sector
        let to = Int.random(in: 0...(size - 1) / sector, using: &random) * sector
        let count = min(sector, bytes.count - from, size - to)
        disk.overwrite(target, at: to, with: Array(bytes[from..<(from + count)]))
        return Harm(file: target, text: "\(count) bytes of \(source) at \(from) land in \(target) at \(to)")
    }
}
