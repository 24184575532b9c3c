// Small snapshots to test with: awkward keys, several blocks, sessions of more than one block.

import Paxos
import SystemPackage
import Testing

@testable import PaxosLog

struct SnapshotSample: Equatable {
    struct Key: Equatable {
        var key: [UInt8]
        var value: [UInt8]
        var created: Slot
        var modified: Slot
    }

    static let directory = FilePath("/n0/snapshots")
    static let name = SnapshotName(slot: Slot(59))
    static let path = directory.appending(name.description)

    var keys: [Key]
    var sessions: [UInt8]
    var membership: Membership?

    /// - Parameters:
    ///   - count: how many keys there are beside the awkward ones.
    ///   - length: how long a value is at most.
    init(_ count: Int, length: Int, sessionBytes: Int = 100, isReadmitted: Bool = true) {
        var generator = SplitMix64(seed: UInt64(count))
        func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
        let names = (Sample.awkward + (0..<count).map { Array("key \($0 * 7919 % 10_000)".utf8) })
            .sorted { $0.lexicographicallyPrecedes($1) }
        keys = names.map { name in
            let created = 2 + below(58)
            return Key(
                key: name, value: (0..<below(length + 1)).map { UInt8(truncatingIfNeeded: $0 * $0) },
                created: Slot(UInt64(created)), modified: Slot(UInt64(created + below(60 - created))))
        }
        sessions = (0..<sessionBytes).map { UInt8(truncatingIfNeeded: $0 / 3) }
        membership = nil
        if isReadmitted {
            membership = SnapshotSample.genesis.membership.readmitting(NodeID(1), journal: UniqueID(high: 5, low: 6))
            membership?.slot = Slot(9)
        }
    }

    static let genesisEntry = Sample.body([Sample.genesis()])
    static var genesis: Genesis {
        guard let genesis = Genesis(leading: genesisEntry.span.bytes) else { preconditionFailure("the sample has one") }
        return genesis
    }

    var header: SnapshotHeader {
        SnapshotHeader(
            slot: SnapshotSample.name.slot, chainDigest: ChainDigest.start.followed(by: [1, 2, 3]),
            stateDigest: (0..<16).map { $0 * 3 }, effectiveTime: 1_700_000_000_059_000, keys: UInt64(keys.count),
            sessionBytes: UInt64(sessions.count), genesis: SnapshotSample.genesis,
            genesisEntry: SnapshotSample.genesisEntry, membership: membership)
    }

    @discardableResult
    func write(_ fileSystem: any FileSystem) throws -> WrittenSnapshot {
        var writer = try SnapshotWriter.begin(
            fileSystem, directory: SnapshotSample.directory, header: header, sessions: sessions)
        for key in keys {
            _ = try writer.append(key: key.key, value: key.value, created: key.created, modified: key.modified)
        }
        return try writer.finish()
    }

    /// What a reading from front to back gives.
    static func read(_ fileSystem: any FileSystem, _ path: FilePath = path) throws -> SnapshotSample {
        let reader = try SnapshotReader(fileSystem, path)
        var sample = SnapshotSample(0, length: 0)
        (sample.keys, sample.sessions, sample.membership) = ([], [], reader.header.membership)
        var cursor = try reader.cursor()
        while let piece = try cursor.next() {
            switch piece {
            case .sessions(let bytes): sample.sessions += bytes
            case .keys(let block):
                sample.keys += block.places.map { place in
                    Key(
                        key: Array(block.bytes[place.key]), value: Array(block.bytes[place.value]),
                        created: place.created, modified: place.modified)
                }
            }
        }
        #expect(reader.header == sample.header)
        return sample
    }
}
