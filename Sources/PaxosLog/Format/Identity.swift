// identity.json: who this data folder is. People may read it; nothing may change it but a node, whole file by whole
// file. It says nothing about other nodes.

import CXXHash
import FoundationEssentials
package import Paxos
package import SystemPackage

package struct Identity: Equatable, Sendable {
    package static let fileName = "identity.json"
    package static let currentVersion: UInt32 = 0

    package var node: NodeID
    /// Nil until the node belongs to a cluster.
    package var cluster: UniqueID?
    package var incarnation: Incarnation
    /// Counts the starts, from the milliseconds since 1970 at which the folder was made.
    package var boot: UInt64
    /// The journal that goes with it: one of another life of this disk does not.
    package var journal: UniqueID
    /// What a configuration must call this disk for its vote to count: the journal, or a name that the disk took later
    /// because it could not be sure to be what it was.
    package var vote: UniqueID

    package init(
        node: NodeID, cluster: UniqueID?, incarnation: Incarnation, boot: UInt64, journal: UniqueID,
        vote: UniqueID? = nil
    ) {
        self.vote = vote ?? journal
        self.node = node
        self.cluster = cluster
        self.incarnation = incarnation
        self.boot = boot
        self.journal = journal
    }
}

extension Identity {
    /// The file's text, one field a line.
    package var encoded: String {
        "{\n\(fields)  \"checksum\": \"\(checksum)\"\n}\n"
    }

    /// The fields that the checksum covers, as lines of text.
    private var fields: String {
        let cluster = cluster.map { "\"\($0)\"" } ?? "null"
        return """
              "version": \(Identity.currentVersion),
              "node": "\(node)",
              "cluster": \(cluster),
              "incarnation": \(incarnation),
              "boot": \(boot),
              "journal": "\(journal)",
              "vote": "\(vote)",

            """
    }

    /// XXH3-64 of the fields as `encoded` writes them: how the file spaces or orders them does not matter.
    private var checksum: String {
        var text = fields
        let value = text.withUTF8 { cxxhash_xxh3_64($0.baseAddress, $0.count, 0) }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private struct Version: Decodable {
        var version: UInt32
    }

    private struct File: Decodable {
        var node: String
        var cluster: String?
        var incarnation: UInt32
        var boot: UInt64
        var journal: String
        var vote: String
        var checksum: String
    }

    /// - Throws: `.corrupt` with what is wrong, or `.unsupportedVersion`.
    package init(decoding bytes: [UInt8], file path: FilePath) throws(StorageError) {
        func corrupt(_ reason: String) -> StorageError {
            .corrupt(Damage(kind: .corrupt, file: path, offset: 0, slots: nil, reason: reason))
        }
        let data = Data(bytes)
        guard let version = try? JSONDecoder().decode(Version.self, from: data).version else {
            throw corrupt("it is not JSON with a version")
        }
        guard version == Identity.currentVersion else {
            throw .unsupportedVersion(file: path, found: version, supported: Identity.currentVersion)
        }
        guard let file = try? JSONDecoder().decode(File.self, from: data) else {
            throw corrupt("a field is missing or of the wrong type")
        }
        guard let node = NodeID(file.node) else { throw corrupt("\"\(file.node)\" is no node") }
        guard let journal = UniqueID(file.journal) else { throw corrupt("\"\(file.journal)\" is no journal") }
        guard let vote = UniqueID(file.vote) else { throw corrupt("\"\(file.vote)\" is no name of a vote") }
        let cluster = file.cluster.flatMap { UniqueID($0) }
        guard cluster != nil || file.cluster == nil else { throw corrupt("the cluster is no identifier") }
        self.init(
            node: node, cluster: cluster, incarnation: Incarnation(file.incarnation), boot: file.boot, journal: journal,
            vote: vote)
        guard file.checksum == checksum else { throw corrupt("the checksum is not that of the fields") }
    }

    // MARK: The file

    /// What the folder says it is; nil when it has no identity.
    /// - Throws: `.corrupt` or `.unsupportedVersion` when it has one that cannot be read.
    package static func read(
        _ fileSystem: any FileSystem, _ directory: FilePath
    ) throws(StorageError) -> Identity? {
        let path = directory.file(fileName)
        guard try fileSystem.exists(path) else { return nil }
        let file = try fileSystem.open(path, for: .read)
        // Longer than any that is written, so that nothing large is read for nothing.
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = try file.read(at: 0, into: &bytes)
        return try Identity(decoding: Array(bytes.prefix(count)), file: path)
    }

    /// Takes the place of the identity that was there; durable on return, and never half of it.
    package func write(_ fileSystem: any FileSystem, _ directory: FilePath) throws(StorageError) {
        try fileSystem.replace(directory.file(Identity.fileName), with: [UInt8](encoded.utf8))
    }
}
