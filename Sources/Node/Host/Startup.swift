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

struct Startup {
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
        let folder = try recover()
        let node = folder.unpack { journal, log, recovered in
            assemble(journal, log, recovered, transport)
        }
        await node.start(listener: listener)
        try await serve(node)
        try await node.finish()
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

    private func recover() throws(StartFailure) -> NodeFolder {
        let start = NIODeadline.now()
        var lastLine = start
        let folder: NodeFolder
        do throws(StorageError) {
            folder = try NodeFolder.open(
                fileSystem, directory: configuration.data, node: configuration.node, now: WallClock.now,
                seed: .random(in: .min ... .max), mends: configuration.mendsDamage,
                restartsStrictly: configuration.restartsStrictly
            ) { slot, through in
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
        _ journal: Journal, _ log: consuming ChosenLog, _ recovered: RecoveredNode, _ transport: PeerTransport
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
            printer: LogPrinter(fileSystem: fileSystem, places: places), network: network, disk: disk, logger: logger)
    }

    // MARK: Running

    private func serve(_ node: Node) async throws {
        var servers = [
            try server(
                node, at: configuration.http, for: configuration.admin == nil ? [.clients, .operators] : [.clients],
                connections: node.connections
            ) { sayReady($0) }
        ]
        if let admin = configuration.admin {
            servers.append(
                try server(node, at: admin, for: [.operators], connections: Turnstile(most: Startup.mostOperators)) {
                    logger.notice(
                        "Operators are served", metadata: ["address": "\(admin.host):\($0?.port ?? admin.port)"])
                })
        }
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: servers.map { .init(service: $0) } + [
                    // The last is the first to be told to stop: clients are still answered while leadership goes over.
                    .init(service: NodeService(node: node), successTerminationBehavior: .ignore)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger))
        do {
            try await services.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw StartFailure(binding: configuration.http, setting: .http, error)
        }
    }

    private func server(
        _ node: Node, at address: HostAndPort, for audiences: Set<Route.Audience>, connections: Turnstile,
        ready: @escaping @Sendable (SocketAddress?) -> Void
    ) throws -> any Service {
        let responder = Responder(
            service: node, bodies: node.bodies, traffic: node.traffic, audiences: audiences,
            allowsCrash: configuration.allowsCrash)
        return try HTTPServer(
            address: address, responder: responder, loop: loop, connections: connections,
            patience: .milliseconds(Int64(configuration.clientTimeoutMilliseconds)), logger: quietLogger,
            ready: ready
        ).makeService()
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
