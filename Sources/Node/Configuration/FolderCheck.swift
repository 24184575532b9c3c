// Whether the data folder belongs to the node that the settings describe. It only reads, so that a wrong setting leaves
// every folder as it was.

import Paxos
import PaxosLog
import Replication
import SystemPackage

enum FolderCheck {
    /// - Throws: status 78 when the folder is another's, or it can't be told whose it is.
    static func verify(_ configuration: NodeConfiguration, _ fileSystem: any FileSystem) throws(StartFailure) {
        let places = NodeFolder.Places(configuration.data)
        do {
            guard let identity = try Identity.read(fileSystem, places.directory) else {
                let journalNames = try fileSystem.list(places.journal)
                let logNames = try fileSystem.list(places.log)
                guard journalNames.isEmpty, logNames.isEmpty else {
                    throw StartFailure.contradiction(
                        "\(places.directory.appending(Identity.fileName)) is missing, and the folder holds a journal or a log: put the file back, or move the folder away and start anew"
                    )
                }
                return
            }
            guard identity.node == configuration.node else {
                throw StartFailure.contradiction(
                    "\(places.directory) is the folder of \(identity.node), not of \(configuration.node): change --id or --data"
                )
            }
            if let genesis = try genesis(fileSystem, places, identity) { try verify(configuration, genesis) }
        } catch let failure as StartFailure {
            throw failure
        } catch let error as StorageError {
            // The recovery mends it.
            if configuration.mendsDamage, error.damage != nil { return }
            throw StartFailure(error, folder: places.directory)
        } catch {
            preconditionFailure("reading a folder throws nothing else: \(error)")
        }
    }

    static func verify(_ configuration: NodeConfiguration, _ genesis: Genesis) throws(StartFailure) {
        let members = genesis.members.map(\.node)
        guard members == configuration.members else {
            throw .contradiction(
                "\(configuration.data) belongs to a cluster of \(names(members)), and --peers names \(names(configuration.members)): give the same members, or another folder"
            )
        }
    }

    private static func names(_ nodes: [NodeID]) -> String { nodes.map { "\($0)" }.joined(separator: ",") }

    /// The genesis of the folder's cluster: from the log, from a snapshot where the log begins later, or from the journal
    /// while the log is still empty. Damage is left for the recovery to report.
    private static func genesis(
        _ fileSystem: any FileSystem, _ places: NodeFolder.Places, _ identity: Identity
    ) throws(StorageError) -> Genesis? {
        let reader = ChosenLogReader(fileSystem, directory: places.log)
        if try !reader.segments().isEmpty, let genesis = try reader.genesis() { return genesis }
        let snapshots = SnapshotFolder(fileSystem, directory: places.snapshots)
        let header = try snapshots.newestGood { reader throws(StorageError) in
            reader.header
        } bad: { _ in
        }
        if let header { return header.genesis }
        let journal = try JournalReader(
            fileSystem, places.journal, identity: JournalIdentity(node: identity.node, journal: identity.journal),
            logThrough: nil)
        while true {
            switch try journal.next() {
            case .end, .corrupt: return nil
            case .record(.chosen(let run), _) where run.firstSlot == .first:
                guard let view = try? EntryView(in: run.body.span.bytes, at: 0) else { return nil }
                return try? Genesis(decoding: Array(run.body[view.payload]))
            default: continue
            }
        }
    }
}

extension StartFailure {
    /// What the disk said, with the status that fits it and what to look with.
    init(_ error: StorageError, folder: FilePath) {
        switch error {
        case .corrupt, .unsupportedVersion:
            self.init(
                status: ExitStatus.damagedData,
                message: "\(error.sentence); nothing was changed; look with: logtool verify \(folder)")
        case .foreign, .missing:
            self = .contradiction("\(error.sentence); nothing was changed; look with: logtool verify \(folder)")
        case .io(.resourceBusy, _, _):
            self = .contradiction("\(folder) is in use by another process: stop that one, or give another --data")
        case .io(.permissionDenied, _, _), .io(.notDirectory, _, _), .io(.noSuchFileOrDirectory, _, _),
            .io(.readOnlyFileSystem, _, _), .io(.notPermitted, _, _), .io(.fileExists, _, _):
            self = .contradiction("\(folder) can't be used: \(error.sentence)")
        case .io:
            self.init(status: ExitStatus.inputOutput, message: error.sentence)
        }
    }
}
