// identity.json: who this data folder is. People may read it; nothing may change it but a node, whole file by whole
// file. It says nothing about other nodes.

import FoundationEssentials
package import Paxos
package import SystemPackage

package struct Identity: Equatable, Sendable {
    package static let fileName = "identity.json"
    package static let currentVersion: UInt32 = 1

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
    private static let opening = "{\n"
    private static let sealing = "  \"checksum\": \""

    /// The file's text, one field a line.
    package var encoded: String {
        let cluster = cluster.map { "\"\($0)\"" } ?? "null"
        return Identity.sealed(
            """
              "version": \(Identity.currentVersion),
              "node": "\(node)",
              "cluster": \(cluster),
              "incarnation": \(incarnation),
              "boot": \(boot),
              "journal": "\(journal)",
              "vote": "\(vote)",

            """)
    }

    /// The file's text with these lines of fields.
    package static func sealed(_ fields: String) -> String {
        opening + fields + sealing + checksum(of: Array(fields.utf8)) + "\"\n}\n"
    }

    /// XXH3-64 of the lines between the opening brace and its own: the same in every version of the file, so that a
    /// version which is not known is told from one that is damaged.
    private static func checksum(of lines: [UInt8]) -> String {
        JournalFormat.checksum(lines.span.bytes, seed: 0).hexadecimal
    }

    /// What every version of the file has.
    private struct Seal: Decodable {
        var version: UInt32
        var checksum: String
    }

    private struct File: Decodable {
        var node: String
        var cluster: String?
        var incarnation: UInt32
        var boot: UInt64
        var journal: String
        var vote: String
    }

    /// - Throws: `.corrupt` with what is wrong, or `.unsupportedVersion`.
    package init(decoding bytes: [UInt8], file path: FilePath) throws(StorageError) {
        func corrupt(_ reason: String) -> StorageError {
            .corrupt(Damage(kind: .corrupt, file: path, offset: 0, slots: nil, reason: reason))
        }
        let data = Data(bytes)
        guard let seal = try? JSONDecoder().decode(Seal.self, from: data) else {
            throw corrupt("it is not JSON with a version and a checksum")
        }
        guard bytes.starts(with: Identity.opening.utf8), let end = bytes.firstRange(of: Identity.sealing.utf8),
            seal.checksum == Identity.checksum(of: Array(bytes[Identity.opening.utf8.count..<end.lowerBound]))
        else { throw corrupt("the checksum is not that of the lines above it") }
        guard seal.version == Identity.currentVersion else {
            throw .unsupportedVersion(file: path, found: seal.version, supported: Identity.currentVersion)
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
