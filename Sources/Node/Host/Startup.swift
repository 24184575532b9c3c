// From settings to a running node, and to its end: the order in which things are checked, opened, begun and stopped.
// Nothing is written before every check that can fail has passed.

import Logging
import NIOCore
import NIOPosix
import Paxos
import PaxosLog
import Replication
import ServiceLifecycle
import SystemPackage
import UnixSignals

struct Startup: Sendable {
    /// Connections at the address of `--admin`.
    private static let mostOperators = 100

    let configuration: NodeConfiguration
    /// Where the configuration came from, for those who ask.
    let settings: GivenSettings
    let fileSystem: any FileSystem
    let loop: any EventLoop
    private let logger: Logger

    init(
        _ configuration: NodeConfiguration, settings: GivenSettings, fileSystem: any FileSystem, loop: any EventLoop
    ) {
        self.configuration = configuration
        self.settings = settings
        self.fileSystem = fileSystem
        self.loop = loop
        var logger = Logger(label: "paxos-node", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = configuration.logLevel
        logger[metadataKey: "node"] = "\(configuration.node)"
        self.logger = logger
    }

    func run() async throws {
        try FolderCheck.verify(configuration, fileSystem)
        try await PortCheck.verify(configuration.http, setting: .http, loop: loop)
        if let admin = configuration.admin { try await PortCheck.verify(admin, setting: .admin, loop: loop) }
        let transport = PeerTransport(loop: loop)
        let listener = try await listener(transport)
        let lock = try lockFolder()
        try await serve(transport, listener)
        logger.notice("Stopped")
        // Held until the last write is done.
        _ = consume lock
    }

    // MARK: Before anything is written

    private func listener(_ transport: PeerTransport) async throws(StartFailure) -> PeerTransport.Listener? {
        guard let address = configuration.listen, !configuration.others.isEmpty else { return nil }
        do {
            return try await transport.listen(at: address)
        } catch {
            throw StartFailure(binding: address, setting: .listen, error)
        }
    }

    private func lockFolder() throws(StartFailure) -> FolderLock {
        do throws(StorageError) {
            try fileSystem.createDirectory(configuration.data)
            return try FolderLock(configuration.data)
        } catch {
            throw StartFailure(error, folder: configuration.data)
        }
    }

    // MARK: Opening

    /// Reads the folder, on a thread that may wait.
    private func open(
        _ transport: PeerTransport, _ connections: Turnstile, _ progress: OpeningProgress
    ) async throws -> Node {
        try await NIOThreadPool.singleton.runIfActive {
            try recover(progress).unpack { journal, log, recovered in
                assemble(journal, log, recovered, transport, connections)
            }
        }
    }

    private func recover(_ progress: OpeningProgress) throws(StartFailure) -> NodeFolder {
        let start = NIODeadline.now()
        var lastLine = start
        let folder: NodeFolder
        do throws(StorageError) {
            folder = try NodeFolder.open(
                fileSystem, directory: configuration.data, node: configuration.node, now: WallClock.now,
                seed: .random(in: .min ... .max), mends: configuration.mendsDamage,
                restartsStrictly: configuration.restartsStrictly
            ) { slot, through in
                progress.note(slot, of: through)
                guard NIODeadline.now() - lastLine > .seconds(1) else { return }
                lastLine = NIODeadline.now()
                logger.info("Replaying the log", metadata: ["through": "\(slot)", "of": "\(through)"])
            }
        } catch {
            throw StartFailure(error, folder: configuration.data)
        }
        let recovered = folder.recovered
        if let genesis = recovered.genesis { try FolderCheck.verify(configuration, genesis.value) }
        let took = (NIODeadline.now() - start).nanoseconds / 1_000_000
        logger.info(
            "Data folder opened",
            metadata: [
                "log-through": "\(recovered.logThrough)",
                "chosen-through": "\(recovered.chosen.last?.lastSlot ?? recovered.logThrough)",
                "promised": "\(recovered.promised)", "milliseconds": "\(took)",
            ])
        return folder
    }

    private func assemble(
        _ journal: Journal, _ log: consuming ChosenLog, _ recovered: RecoveredNode, _ transport: PeerTransport,
        _ connections: Turnstile
    ) -> Node {
        let places = NodeFolder.Places(configuration.data)
        let identity = recovered.identity
        let driver = ReplicaDriver(
            configuration: configuration.driver, recovered: recovered, seed: .random(in: .min ... .max))
        let host = DriverHost(driver: driver, loop: loop, logger: logger)
        let disk = DiskSpace(logger: logger) { host.post(.room($0)) }
        let storage = NodeStorage(
            journal: JournalThread(journal, disk: disk, loop: loop) { host.post(.journalDurable($0)) },
            log: LogThread(
                log, identity: identity, retention: configuration.retention(fileSystem), fileSystem: fileSystem,
                places: places
            ) {
                host.post(.logDurable($0, $1))
            },
            reading: LogReading(fileSystem: fileSystem, places: places, logger: logger),
            scrub: LogScrub(
                fileSystem: fileSystem, directory: places.log, loop: loop, period: configuration.scrubPeriod,
                logger: logger,
                durable: { host.lookNow { $0.status.logThrough } },
                tell: { host.post($1.map { .logDamaged($0) } ?? .logSound($0)) }),
            snapshots: SnapshotThread(fileSystem: fileSystem, places: places)
        ) { host.post($0) }
        let membersHash = configuration.driver.membersHash
        let network = PeerNetwork(
            settings: PeerNetwork.Settings(others: configuration.others), transport: transport, logger: logger,
            identity: {
                host.lookNow { driver in
                    PeerIdentity(
                        node: identity.node, incarnation: driver.incarnation,
                        cluster: driver.genesis?.cluster ?? .none, membersHash: membersHash,
                        journal: identity.journal, boot: identity.boot,
                        versions: PeerCodec.protocolVersion...PeerCodec.protocolVersion)
                }
            },
            receive: { message, node in host.post(.message(message, from: node)) })
        return Node(
            configuration, settings: settings, host: host, storage: storage,
            files: NodeFiles(
                reading: storage.reading, fileSystem: fileSystem, directory: places.directory,
                durable: { [log = storage.log] in log.durableLog }),
            printer: LogPrinter(fileSystem: fileSystem, places: places), network: network, disk: disk,
            connections: connections, logger: logger)
    }

    // MARK: Running

    /// Answers clients from the start, opens the node, and runs it until it is told to stop.
    private func serve(_ transport: PeerTransport, _ listener: PeerTransport.Listener?) async throws {
        let progress = OpeningProgress()
        let connections = Turnstile(
            most: min(configuration.mostConnections, OpenFiles.raiseLimit() - OpenFiles.ownNeeds))
        let addresses = addresses(connections)
        let responders = addresses.map {
            OpeningResponder<Node>(id: configuration.node, progress: progress, audiences: $0.audiences)
        }
        let service = NodeService(logger: logger) {
            try await open(transport, connections, progress)
        } serve: { node, bound in
            await node.start(listener: listener)
            for (address, responder) in zip(addresses, responders) {
                responder.open(
                    Responder(
                        service: node, bodies: node.bodies, traffic: node.traffic, audiences: address.audiences,
                        allowsCrash: configuration.allowsCrash))
            }
            sayReady(bound)
        }
        let servers = try zip(addresses, responders).map { address, responder in
            try HTTPServer(
                address: address.address, responder: responder, loop: loop, connections: address.connections,
                patience: .milliseconds(Int64(configuration.clientTimeoutMilliseconds)), logger: quietLogger
            ) { bound in
                if address.address == configuration.http {
                    service.bound.continuation.yield(bound)
                } else {
                    logger.notice(
                        "Operators are served",
                        metadata: ["address": "\(address.address.host):\(bound?.port ?? address.address.port)"])
                }
            }.makeService()
        }
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: servers.map { .init(service: $0) } + [
                    // The last is the first to be told to stop: clients are still answered while leadership goes over.
                    .init(service: service, successTerminationBehavior: .ignore)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger))
        do {
            try await services.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw StartFailure(binding: configuration.http, setting: .http, error)
        }
        try await service.finish()
    }

    /// An address at which HTTP is served, and who is served there.
    private struct ServedAddress {
        var address: HostAndPort
        var audiences: Set<Route.Audience>
        var connections: Turnstile
    }

    private func addresses(_ connections: Turnstile) -> [ServedAddress] {
        guard let admin = configuration.admin else {
            return [
                ServedAddress(
                    address: configuration.http, audiences: [.clients, .operators], connections: connections)
            ]
        }
        return [
            ServedAddress(address: configuration.http, audiences: [.clients], connections: connections),
            ServedAddress(
                address: admin, audiences: [.operators], connections: Turnstile(most: Startup.mostOperators)),
        ]
    }

    /// What libraries tell of themselves is of use when something is looked for, and noise else.
    private var quietLogger: Logger {
        var logger = logger
        if configuration.logLevel > .debug { logger.logLevel = max(configuration.logLevel, .warning) }
        return logger
    }

    private func sayReady(_ address: SocketAddress?) {
        let port = address?.port ?? configuration.http.port
        let http = HostAndPort(host: configuration.http.host, port: port)
        let peers = configuration.others.isEmpty ? nil : configuration.listen.map { ", peers on \($0)" }
        StandardStreams.say("paxos-node \(configuration.node) ready: clients on http://\(http)\(peers ?? "")")
    }
}
