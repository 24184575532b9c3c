// The end of a run: everything heals, and then whatever was promised is held against what clients, logs and nodes say.

import Console
import FoundationEssentials
import Glibc

extension TortureRun {
    // MARK: Healing

    /// Ends every fault, and waits until all nodes are whole; the clients go on until then.
    func heal() throws(TortureFailure) {
        try endAllFaults()
        // A node that has not read its damaged file again finds the damage now.
        for node in nodes where node.damage.isUnmended && node.process != nil {
            node.killNow()
            try node.start()
        }
        let start = Clock.now
        if try wait(
            seconds: TortureSettings.healing,
            until: { allAreHealthy(since: start) && allLeadersAgree && allVotesAreBack })
        {
            tally.healing = Clock.now - start
            say("all nodes are healthy, \(decimal(tally.healing, digits: 1)) s after the last fault")
        } else {
            find("not whole within \(TortureSettings.healing) s: \(nodes.map(state).joined(separator: "; "))")
        }
        endLoad()
        if try !wait(seconds: TortureSettings.healing, until: { allAreEqual }) {
            find("the nodes do not come to the same slot and state: \(nodes.map(state).joined(separator: "; "))")
        }
    }

    private var allLeadersAgree: Bool {
        Set(nodes.compactMap { $0.watch.view?.status.ballot }).count == 1
    }

    private var allAreEqual: Bool {
        let now = Clock.now
        let views = nodes.compactMap { $0.watch.view }.filter { now - $0.time < 2 }
        return views.count == nodes.count
            && Set(views.map { "\($0.status.appliedThrough) \($0.status.digest)" }).count == 1
    }

    private func state(_ node: TestedNode) -> String {
        guard let status = node.watch.view?.status else { return "\(node.name) is silent" }
        let health = node.watch.view?.isHealthy == true ? "healthy" : "not healthy"
        return "\(node.name), \(status.role) and \(health), at \(status.appliedThrough) with \(status.digest)"
    }

    // MARK: Judging

    /// - Returns: the exit status.
    func judge() throws(TortureFailure) -> Int32 {
        var history = try History(file: historyFile)
        try readEverything(&history)
        tally.elections = nodes.reduce(into: Set<String>()) { $0.formUnion($1.watch.leaderBallots) }.count
        tally.slots = nodes.compactMap { $0.watch.view?.status.appliedThrough }.max() ?? 0
        for node in nodes { node.watch.stop() }
        try stopAll()
        try auditLogs()
        try auditWrites(history)
        say("the history of \(history.operations.count) operations is checked")
        let check = HistoryCheck(history)
        for line in check.lines { StandardOutput.say("  " + line) }
        for violation in check.violations { find("\(violation.key) is not linearizable") }
        StandardOutput.say("")
        for line in summary(history) { StandardOutput.say(line) }
        StandardOutput.say("history: \(historyFile)")
        guard findings.isEmpty else {
            StandardOutput.say(
                "\(findings.count) findings with seed \(settings.seed); the nodes' folders are kept beside the history:"
            )
            for finding in findings { StandardOutput.say("  " + finding) }
            return 1
        }
        return check.status
    }

    /// Reads every key through every node, one after the other, as a client that comes after all others.
    private func readEverything(_ history: inout History) throws(TortureFailure) {
        let keys = Set(history.operations.map(\.key)).sorted()
        var time = history.lastTime
        let client = history.operations.reduce(0) { max($0, $1.client) } + 1
        var lines: [UInt8] = []
        for node in nodes {
            for key in keys {
                let answer = HTTPGet.send("/store/get/\(key)", to: network.clients(node.number), seconds: 10)
                guard let answer, [200, 404].contains(answer.status) else {
                    let what = answer.map { "status \($0.status)" } ?? "no answer"
                    find("a healthy \(node.name) does not give \(key): \(what)")
                    continue
                }
                let value = answer.status == 200 ? String(decoding: answer.body, as: UTF8.self) : nil
                time += 2
                let read = HistoryOperation(
                    client: client, op: .get, key: key, value: value, start: time - 1, end: time, outcome: .ok)
                history.append(read)
                lines += (read.json + "\n").utf8
            }
        }
        let file = open(historyFile, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(file) }
        guard file >= 0, write(file, lines, lines.count) == lines.count else {
            throw .inputOutput("\(historyFile): \(String(cString: strerror(errno)))")
        }
    }

    private func stopAll() throws(TortureFailure) {
        for node in nodes { node.send(SIGTERM, holdsDown: true) }
        for node in nodes {
            guard let ending = node.process?.wait(seconds: TortureSettings.stopping) else {
                find("\(node.name) has not stopped within \(TortureSettings.stopping) s")
                node.killNow()
                continue
            }
            if ending != .exit(0) { find("\(node.name) was told to stop: \(ending)") }
        }
    }

    private func auditLogs() throws(TortureFailure) {
        for node in nodes {
            // A byte that was flipped, and that its node did not miss, is for verify to find, or was in no use.
            let mayFind = node.damage.mayBeOnDisk
            if try audit("verify", [node], mayFind: mayFind, output: "\(settings.folder)/\(node.name).verify") {
                say("logtool verify finds the byte that was flipped on \(node.name), and that it did not mend")
            }
        }
        try audit("diff", nodes, output: "\(settings.folder)/diff")
    }

    private func auditWrites(_ history: History) throws(TortureFailure) {
        // Where each may hold damage, what one has lost stands in the log of another.
        let whole = nodes.first { !$0.damage.mayBeOnDisk }
        var log = PrintedLog()
        var outputs: [String] = []
        for node in whole.map({ [$0] }) ?? nodes {
            let output = "\(settings.folder)/\(node.name).log"
            outputs.append(output)
            try audit("print", [node], mayFind: whole == nil, output: output, errors: output + ".errors")
            try log.add(output)
        }
        let contradictions = log.contradictions(to: history)
        for contradiction in contradictions.prefix(10) { find(contradiction) }
        if contradictions.count > 10 { find("and \(contradictions.count - 10) more such writes") }
        if contradictions.isEmpty { for output in outputs { unlink(output) } }
    }

    /// Runs logtool on the nodes' folders. Where it finds what it may not, that is shown.
    /// - Parameter errors: where its errors go; nil for behind its output.
    /// - Returns: whether it found what it may find.
    @discardableResult
    private func audit(
        _ command: String, _ nodes: [TestedNode], mayFind: Bool = false, output: String, errors: String? = nil
    ) throws(TortureFailure) -> Bool {
        let ending = try ChildProcess.run(
            [programs.logtool, command] + nodes.map(\.disk.data), output: output, errors: errors)
        if ending == .exit(0) { return false }
        if ending == .exit(1), mayFind { return true }
        find("logtool \(command) of \(nodes.map(\.name).joined(separator: ", ")): \(ending)")
        let said = FileManager.default.contents(atPath: errors ?? output) ?? Data()
        for line in String(decoding: said, as: UTF8.self).split(separator: "\n").prefix(20) {
            StandardOutput.say("    " + line)
        }
        return false
    }
}
