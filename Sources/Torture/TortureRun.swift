// A run from the first start of the nodes to the verdict. One thread does everything, in steps of twenty milliseconds:
// faults begin and end, nodes that ended are noticed, and whoever is to come back is started.

import Console
import FoundationEssentials
import Glibc

final class TortureRun {
    let settings: TortureSettings
    let programs: Programs
    let network: Network
    let nodes: [TestedNode]
    var budget: DamageBudget
    var lanes: [FaultLane] = []
    var tally = TortureTally()
    /// What should never be. One is enough for a verdict.
    private(set) var findings: [String] = []
    private(set) var load: ChildProcess?
    private let begin = Clock.now

    static let step: UInt32 = 20_000

    var historyFile: String { "\(settings.folder)/history.ndjson" }

    private init(_ settings: TortureSettings, _ programs: Programs) throws(TortureFailure) {
        self.settings = settings
        self.programs = programs
        do {
            try FileManager.default.createDirectory(atPath: settings.folder, withIntermediateDirectories: true)
        } catch {
            throw .inputOutput("\(settings.folder): \(error)")
        }
        // What an earlier run left would be taken for what this one did.
        guard (try? FileManager.default.contentsOfDirectory(atPath: settings.folder)) == [] else {
            throw .unavailable("\(settings.folder) is not empty: name another folder")
        }
        if settings.isIsolated { try Isolation.prepare() }
        network = try Network(
            nodes: settings.nodes, isIsolated: settings.isIsolated,
            firstPort: settings.isIsolated ? 0 : FreePorts.first(of: 2 * settings.nodes))
        var nodes: [TestedNode] = []
        for number in 0..<settings.nodes {
            let disk = try NodeDisk(root: "\(settings.folder)/disk-n\(number)", isMounted: settings.isIsolated)
            nodes.append(
                TestedNode(number, network: network, disk: disk, folder: settings.folder, programs: programs))
        }
        self.nodes = nodes
        budget = DamageBudget(nodes: settings.nodes)
    }

    /// - Returns: the exit status.
    static func run(_ settings: TortureSettings, _ programs: Programs) throws(TortureFailure) -> Int32 {
        Interrupt.listen()
        defer { ChildProcess.killAll() }
        let run = try TortureRun(settings, programs)
        defer { run.leave() }
        return try run.carryOut()
    }

    private func carryOut() throws(TortureFailure) -> Int32 {
        say(
            "seed \(settings.seed): \(settings.nodes) nodes, \(decimal(settings.seconds / 60, digits: 1)) minutes of faults,"
                + " everything in \(settings.folder)")
        for node in nodes { try node.start() }
        guard try wait(seconds: TortureSettings.healing, until: { self.allAreHealthy(since: 0) }) else {
            throw .unavailable("the nodes do not form a cluster; their output is in \(settings.folder)")
        }
        say("all nodes are healthy; clients begin")
        try startLoad()
        // It gives up when it reaches no node at the very start; afterwards it bears everything.
        guard try wait(seconds: TortureSettings.healing, until: { self.historyHasBegun }) else {
            throw .unavailable("nothing is answered; see \(settings.folder)/load.errors")
        }
        planFaults()
        let end = Clock.now + settings.seconds
        while Clock.now < end { try takeStep(isHealing: false) }
        say("no more faults; everything heals")
        try heal()
        let verdict = try judge()
        if verdict != 0 { for node in nodes { try node.disk.copy(to: "\(settings.folder)/\(node.name)") } }
        return verdict
    }

    private func planFaults() {
        lanes = Fault.Lane.allCases.enumerated().compactMap { index, lane in
            let kinds = settings.faults(lane)
            guard !kinds.isEmpty else { return nil }
            return FaultLane(FaultPlan(seed: settings.seed &* 2 &+ UInt64(index), nodes: settings.nodes, kinds: kinds))
        }
    }

    private var historyHasBegun: Bool {
        var facts = stat()
        return stat(historyFile, &facts) == 0 && facts.st_size > 0
    }

    private func startLoad() throws(TortureFailure) {
        load = try ChildProcess(
            Isolation.guardian + [
                programs.load, "--nodes", nodes.map { "\(network.clients($0.number))" }.joined(separator: ","),
                "--rate", "\(settings.rate)", "--seconds", "\(settings.seconds + 3_600)",
                "--connections", "\(settings.clients * settings.nodes)", "--keys", "\(settings.keys)",
                "--value-size", "48", "--reads", "0.5", "--timeout", "3", "--seed", "\(settings.seed)",
                "--history", historyFile, "--format", "json",
            ], output: "\(settings.folder)/load.json", errors: "\(settings.folder)/load.errors")
    }

    /// Ends the clients; what they have under way has a second to be answered.
    func endLoad() {
        guard let load else { return }
        load.send(SIGTERM)
        switch load.wait(seconds: 60) {
        // Status 1 says that requests failed, which they must.
        case .exit(0), .exit(1): break
        case let ending:
            find("the load ended with \(ending.map { "\($0)" } ?? "nothing"); see \(settings.folder)/load.errors")
        }
        self.load = nil
    }

    // MARK: Steps

    func takeStep(isHealing: Bool) throws(TortureFailure) {
        if Interrupt.isAsked { throw .interrupted }
        if let ending = load?.poll() {
            throw .unavailable("the load ended by itself: \(ending); see \(settings.folder)/load.errors")
        }
        if !isHealing { for index in lanes.indices { try advance(index) } }
        for node in nodes { try supervise(node) }
        usleep(Self.step)
    }

    /// Steps until `condition` holds; false when it does not in time.
    func wait(seconds: Double, until condition: () -> Bool) throws(TortureFailure) -> Bool {
        let deadline = Clock.now + seconds
        while !condition() {
            guard Clock.now < deadline else { return false }
            try takeStep(isHealing: true)
        }
        return true
    }

    /// By what they said after that time.
    func allAreHealthy(since time: Double) -> Bool {
        nodes.allSatisfy { node in
            guard node.process != nil, let view = node.watch.view else { return false }
            return view.isHealthy && view.time >= time
        }
    }

    // MARK: Telling

    func say(_ line: String) {
        let time = decimal(Clock.now - begin, digits: 1)
        StandardOutput.say(String(repeating: " ", count: max(0, 7 - time.count)) + time + " s  " + line)
    }

    func find(_ finding: String) {
        findings.append(finding)
        say("FINDING: \(finding)")
    }

    /// Ends what still runs, and removes the disks.
    private func leave() {
        for node in nodes {
            node.watch.stop()
            node.killNow()
            node.disk.remove()
        }
    }
}
