// One running node: the driver's host, the disk's threads, the other nodes and the clients' server, put together, started
// and stopped in order.

import Logging
import NIOCore
import Paxos
import PaxosLog
import Replication
import StateMachine
import SystemPackage

final class Node: Sendable {
    /// From the signal to the end of the process. Whoever sent it was told five seconds.
    static let mostStopping = TimeAmount.milliseconds(4_500)
    static let mostHandingOver = TimeAmount.seconds(2)

    let configuration: NodeConfiguration
    let host: DriverHost
    let storage: NodeStorage
    private let printer: LogPrinter
    private let network: PeerNetwork
    private let disk: DiskSpace
    private let settings: GivenSettings
    let logger: Logger
    let bodies = BodyReader()
    /// Those who read the log over HTTP: each keeps the reading thread busy.
    let readers = Turnstile(most: 16)
    let files: NodeFiles
    private let connections: Turnstile
    let traffic = Traffic()

    init(
        _ configuration: NodeConfiguration, settings: GivenSettings, host: DriverHost, storage: NodeStorage,
        files: NodeFiles, printer: LogPrinter, network: PeerNetwork, disk: DiskSpace, connections: Turnstile,
        logger: Logger
    ) {
        self.configuration = configuration
        self.settings = settings
        self.connections = connections
        self.host = host
        self.storage = storage
        self.files = files
        self.printer = printer
        self.network = network
        self.disk = disk
        self.logger = logger
    }

    func start(listener: PeerTransport.Listener?) async {
        storage.start()
        printer.start()
        await onLoop { [self] in
            host.start(storage: storage, peers: network)
            network.start(listener: listener)
        }
    }

    /// Hands leadership over; what is asked from here on is refused. From here on the process has `mostStopping` to end.
    func handOver() async {
        logger.notice("Stopping")
        let logger = logger
        host.loop.scheduleTask(in: Node.mostStopping) {
            // What was acknowledged is on disk; a client that does not finish its request must not hold the process.
            logger.warning("Stopped with connections still open")
            ProcessEnd.now(0)
        }
        await host.stop(within: Node.mostHandingOver)
    }

    /// Ends everything that `start` began. The disk holds all that was handed to it when this returns.
    func finish() async throws {
        await onLoop { [self] in
            host.end()
            network.stop()
        }
        try await printer.stop()
        try await storage.stop()
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) async {
        await withUnsafeContinuation { continuation in
            host.loop.execute {
                body()
                continuation.resume()
            }
        }
    }
}

extension Node: StoreService {
    var hasRoom: Bool { !disk.isFull }

    func ask(_ request: Request) async -> Answer { await host.ask(request) }

    func status() async -> NodeStatus {
        // Nothing but a count for people: when it can't be had, zeros are as good.
        let size = (try? await storage.reading.size()) ?? LogReading.Size()
        return await host.look { [self] driver in
            NodeStatus(
                driver: driver.status, configuration: driver.configuration, logSegments: size.segments,
                logBytes: size.bytes, links: network.status, heldMessages: host.heldMessages,
                bodyBytes: (bodies.usedBytes, bodies.mostBytes), connections: (connections.count, connections.most))
        }
    }

    func cluster() async -> ClusterStatus {
        let view = await host.look { $0.clusterView }
        return ClusterStatus(view: view, time: WallClock.now, traffic: traffic.seconds, isDiskFull: disk.isFull)
    }

    func unhealthyReason() async -> String? {
        if disk.isFull { return "the disk is full" }
        return await host.look { $0.status.unhealthyReason }
    }

    func printLog(to name: String) async throws(HTTPFailure) {
        let tail = await host.look { $0.unlogged }
        do {
            let through = try await printer.print(to: name, tail: tail)
            logger.info("Log printed", metadata: ["name": "\(name)", "through": "\(through)"])
        } catch StorageError.io(.noSpace, _, _) {
            throw HTTPFailure.diskFull
        } catch {
            let reason = (error as? StorageError)?.sentence ?? "\(error)"
            logger.error("The log could not be printed", metadata: ["name": "\(name)", "error": "\(reason)"])
            throw HTTPFailure.printFailed(reason)
        }
    }

    func exposition() -> ByteBuffer { Prometheus.shared.exposition() }

    func configurationJSON() -> JSONValue {
        .object(
            settings.rows.map { row in
                let text = row.text.map { JSONValue.string($0) } ?? .null
                return (row.setting.rawValue, .object([("value", text), ("from", .string(row.place))]))
            })
    }

    func compact() async -> Slot {
        let verified = await host.look { $0.provenSnapshots }
        return await withUnsafeContinuation { continuation in
            storage.compact(verified: verified) { continuation.resume(returning: $0) }
        }
    }

    func crash() -> Never {
        ProcessEnd.now(ExitStatus.crash, "ended by /crash")
    }
}
