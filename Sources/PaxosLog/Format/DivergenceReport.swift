// divergence.json: what a node found when its state was not the one that the nodes agreed on. As long as the file lies in
// its folder, the node serves nobody. People read it; nothing changes it.

import FoundationEssentials
package import Paxos
package import SystemPackage

package struct DivergenceReport: Equatable, Sendable {
    package static let fileName = "divergence.json"
    package static let currentVersion: UInt32 = 1

    /// The slot behind which the states were compared.
    package var slot: Slot
    /// The digests of this node's state and of that agreed on: 16 bytes each.
    package var own: [UInt8]
    package var agreed: [UInt8]
    /// The last slot before at which they were equal; nil when none is known.
    package var lastAgreed: Slot?
    /// When it was found, in microseconds since 1970.
    package var time: UInt64

    package init(slot: Slot, own: [UInt8], agreed: [UInt8], lastAgreed: Slot?, time: UInt64) {
        self.slot = slot
        self.own = own
        self.agreed = agreed
        self.lastAgreed = lastAgreed
        self.time = time
    }
}

extension DivergenceReport {
    /// What every version of the file has.
    private struct Version: Decodable {
        var version: UInt32
    }

    private struct File: Codable {
        var version = DivergenceReport.currentVersion
        var slot: UInt64
        var ownDigest: String
        var agreedDigest: String
        var lastAgreedSlot: UInt64?
        var time: UInt64
    }

    package var ownDigest: String { own.hexadecimal }
    package var agreedDigest: String { agreed.hexadecimal }

    /// What the folder says of its state; nil when nothing was found.
    /// - Throws: `.corrupt` when there is a report that can't be read, `.unsupportedVersion`.
    package static func read(
        _ fileSystem: any FileSystem, _ directory: FilePath
    ) throws(StorageError) -> DivergenceReport? {
        let path = directory.file(fileName)
        guard try fileSystem.exists(path) else { return nil }
        // Longer than any that is written.
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = try fileSystem.open(path, for: .read).read(at: 0, into: &bytes)
        let text = Data(bytes.prefix(count))
        if let version = (try? JSONDecoder().decode(Version.self, from: text))?.version, version != currentVersion {
            throw .unsupportedVersion(file: path, found: version, supported: currentVersion)
        }
        guard let file = try? JSONDecoder().decode(File.self, from: text),
            let own = [UInt8](hexadecimal: file.ownDigest), let agreed = [UInt8](hexadecimal: file.agreedDigest)
        else {
            throw .corrupt(
                Damage(
                    kind: .corrupt, file: path, offset: 0, slots: nil, reason: "it is no report of a divergence"))
        }
        return DivergenceReport(
            slot: Slot(file.slot), own: own, agreed: agreed, lastAgreed: file.lastAgreedSlot.map { Slot($0) },
            time: file.time)
    }

    /// Durable on return, and never half of it.
    package func write(_ fileSystem: any FileSystem, _ directory: FilePath) throws(StorageError) {
        let file = File(
            slot: slot.rawValue, ownDigest: ownDigest, agreedDigest: agreedDigest,
            lastAgreedSlot: lastAgreed?.rawValue, time: time)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        guard let data = try? encoder.encode(file) else { preconditionFailure("numbers and digits can be encoded") }
        try fileSystem.replace(directory.file(DivergenceReport.fileName), with: [UInt8](data) + [UInt8(ascii: "\n")])
    }
}
