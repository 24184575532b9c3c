// The log as a running node shows it: what is refused, and to how many it is shown at a time.

import HTTPTypes
import Logging
import NIOCore
import Paxos
import PaxosLog
import Replication
import StateMachine

extension Node: LogService {
    func entries(from wanted: Slot?, limit: Int?, compressed: Bool) async throws(HTTPFailure) -> DocumentPieces {
        let first = try await held(wanted)
        let pass = try pass()
        let last = await appliedThrough()
        return EntryStream(
            of: source, from: first, through: last, limit: limit, compressed: compressed, pass: pass
        ).pieces
    }

    func encodedEntries(
        _ slots: ClosedRange<Slot>, limit: Int, bytes: Int
    ) async throws(HTTPFailure) -> EncodedEntries {
        let first = try await held(slots.lowerBound)
        let pass = try pass()
        let last = await appliedThrough()
        var encoded: [UInt8] = []
        if first <= last {
            encoded = try await reading(of: first) {
                try await self.source.encoded(first...min(slots.upperBound, last), limit: limit, bytes: bytes)
            }
        }
        withExtendedLifetime(pass) {}
        return EncodedEntries(bytes: encoded, appliedThrough: last)
    }

    func files(from slot: Slot) async throws(HTTPFailure) -> FileListing {
        try await reading(of: nil) { [self] in
            let (log, segments, next) = try await files.segments(from: slot, most: FileListing.mostSegments)
            return FileListing(
                node: configuration.node, log: log, appliedThrough: max(await appliedThrough(), log.through),
                segments: segments, next: next, snapshots: try await files.snapshots())
        }
    }

    func file(_ file: NodeFile) async throws(HTTPFailure) -> FileContents {
        let pass = try pass()
        let contents = try await reading(of: nil) { try await self.files.open(file, pass: pass) }
        if let contents { return contents }
        if case .shipped(.segment(let name)) = file { _ = try await held(name.firstSlot) }
        throw HTTPFailure(.notFound, "not found", "this node has no such file, or not any more")
    }

    func block(holding slot: Slot) async throws(HTTPFailure) -> BlockDigest {
        let held = try await held(slot)
        guard let block = try await reading(of: held, { try await self.files.block(holding: held) }) else {
            throw HTTPFailure(.notFound, "not found", "no block of this node's log holds slot \(slot)")
        }
        return block
    }

    private var source: EntrySource {
        EntrySource(reading: storage.reading) { [host] first, last, bytes in
            await host.look { $0.applied(from: first, through: last, bytes: bytes) }
        }
    }

    private func appliedThrough() async -> Slot { await host.look { $0.store.appliedThrough } }

    /// The slot, or the first that there is.
    private func held(_ wanted: Slot?) async throws(HTTPFailure) -> Slot {
        let first = (try? await storage.reading.firstSlot()) ?? .first
        guard wanted ?? first >= first else { throw .compacted(first) }
        return wanted ?? first
    }

    private func pass() throws(HTTPFailure) -> Turnstile.Pass {
        guard let pass = readers.pass() else {
            throw .overloaded("\(readers.most) others are reading the log of this node")
        }
        return pass
    }

    /// - Parameter slot: what is read; it may be dropped meanwhile.
    private func reading<Value: Sendable>(
        of slot: Slot?, _ body: @Sendable () async throws -> Value
    ) async throws(HTTPFailure) -> Value {
        do {
            return try await body()
        } catch {
            if let slot { _ = try await held(slot) }
            let reason = (error as? StorageError)?.sentence ?? "\(error)"
            logger.error("The log can't be shown", metadata: ["error": "\(reason)"])
            throw HTTPFailure(.internalServerError, "log unreadable", reason)
        }
    }
}
