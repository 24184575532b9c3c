// One node under torture: its process, its disk, and what is known of it.

import FoundationEssentials
import Glibc

final class TestedNode {
    let number: Int
    let disk: NodeDisk
    let watch: NodeWatch
    let output: String
    private let command: [String]
    private(set) var process: ChildProcess?
    /// It is down because that was wanted, and nobody starts it but who wanted it.
    private(set) var isHeldDown = true
    var damage = NodeDamage()
    private(set) var startedAt = 0.0
    var isDiskFull = false
    /// The highest it was seen with, and the one with which it lost its vote; with a higher one it has it back.
    var incarnation = 0
    var lostIncarnation: Int?

    init(_ number: Int, network: Network, disk: NodeDisk, folder: String, programs: Programs) {
        self.number = number
        self.disk = disk
        output = "\(folder)/n\(number).output"
        watch = NodeWatch(number, network.clients(number))
        let peers = (0..<network.nodes).map { "n\($0)=\(network.peers($0))" }.joined(separator: ",")
        command =
            network.prefix(number) + Isolation.guardian + [
                programs.node, "--id", "n\(number)", "--data", disk.data, "--http", "\(network.clients(number))",
                "--listen", "\(network.peers(number))", "--peers", peers,
            ]
    }

    var name: String { "n\(number)" }

    func start() throws(TortureFailure) {
        precondition(process == nil, "a node runs once")
        process = try ChildProcess(command, output: output)
        startedAt = Clock.now
        isHeldDown = false
    }

    /// What this process said last; nil when it has not answered.
    var view: NodeView? { watch.view.flatMap { $0.time > startedAt ? $0 : nil } }

    /// From now on it is not missed.
    func send(_ signal: Int32, holdsDown: Bool) {
        if holdsDown { isHeldDown = true }
        process?.send(signal)
    }

    func holdDown() { isHeldDown = true }

    func killNow() {
        isHeldDown = true
        process?.killNow()
        process = nil
    }

    /// How it ended, once.
    func takeEnding() -> ChildProcess.Ending? {
        guard let ending = process?.poll() else { return nil }
        process = nil
        return ending
    }

    /// What it said last.
    var lastLine: String {
        let text = String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").last.map(String.init) ?? "nothing"
    }
}
