// Faults of a drive that change what it holds, behind the node's back.

import Paxos
import PaxosLog
import Replication
import SystemPackage

extension SimulatedNode {
    /// The files that a node needs, that hold something.
    private var files: [FilePath] {
        let places = NodeFolder.Places(SimulatedNode.directory)
        var files = [SimulatedNode.directory.appending(Identity.fileName)]
        for folder in [places.journal, places.log] {
            let names = (try? disk.list(folder)) ?? []
            files += names.map { folder.appending($0) }.filter {
                $0.extension != "spare" && $0.extension != "unfinished"
            }
        }
        return files.filter { !(disk.contents(of: $0) ?? []).isEmpty }
    }

    /// Any bit of any file, but rather one of a byte that is not zero, which most of a journal's file is; and half the time
    /// of the value accepted last, which may not be chosen.
    /// - Returns: what was done.
    func flipBit(using random: inout SplitMix64) -> String? {
        if Bool.random(using: &random), let (file, values) = lastValues() {
            let offset = Int.random(in: values, using: &random)
            disk.flipByte(of: file, at: offset, mask: 1 << UInt8.random(in: 0..<8, using: &random))
            return "a bit flips in what was accepted last, in \(file) at \(offset)"
        }
        guard let file = files.randomElement(using: &random), let bytes = disk.contents(of: file) else { return nil }
        var offset = 0
        for _ in 0..<20 {
            offset = Int.random(in: 0..<bytes.count, using: &random)
            if bytes[offset] != 0 { break }
        }
        disk.flipByte(of: file, at: offset, mask: 1 << UInt8.random(in: 0..<8, using: &random))
        return "a bit flips in \(file) at \(offset)"
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
    func misdirect(using random: inout SplitMix64) -> String? {
        guard let source = files.randomElement(using: &random), let target = files.randomElement(using: &random),
            let bytes = disk.contents(of: source), let size = disk.contents(of: target)?.count
        else { return nil }
        let sector = Bool.random(using: &random) ? 512 : 4096
        let from = Int.random(in: 0...(bytes.count - 1) / sector, using: &random) * sector
        let to = Int.random(in: 0...(size - 1) / sector, using: &random) * sector
        let count = min(sector, bytes.count - from, size - to)
        disk.overwrite(target, at: to, with: Array(bytes[from..<(from + count)]))
        return "\(count) bytes of \(source) at \(from) land in \(target) at \(to)"
    }
}
