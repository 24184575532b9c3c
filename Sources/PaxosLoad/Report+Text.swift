// A report for people: what was asked for, a table of what came of it, and then the failures.

import Console

extension Report {
    var text: String {
        var lines = [heading, ""]
        var table = Table(["", "succeeded", "failed", "requests/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"])
        if settings.reads < 1 { table.add(row("writes", writes)) }
        if settings.reads > 0 { table.add(row("reads", reads)) }
        if settings.reads > 0, settings.reads < 1 { table.add(row("all", all)) }
        lines += table.lines
        if settings.rate != nil { lines += ["", "latencies count from when a request was due"] }
        if failed > 0 {
            var table = Table(["failed", "node", "reason", "outcome"], leftAligned: [1, 2, 3])
            for node in nodes {
                for failure in node.failures {
                    table.add([
                        "\(failure.count)", node.url, failure.reason,
                        failure.mayHaveBeenDone ? "may have been done" : "not done",
                    ])
                }
            }
            if unsent > 0 { table.add(["\(unsent)", "", "due, and no client was free to send them", "not done"]) }
            lines += [""] + table.lines
        }
        return lines.joined(separator: "\n")
    }

    private var heading: String {
        var parts = ["nodes: \(nodes.count)", "connections: \(settings.connections)"]
        if let rate = settings.rate { parts.append("rate: \(decimal(rate, digits: 1))/s") }
        parts.append("keys: \(settings.keys) of \(settings.keySize) bytes")
        parts.append("values: \(settings.valueSize) bytes")
        if settings.reads > 0, settings.consistency == .local { parts.append("reads: local") }
        parts.append("seed: \(settings.seed)")
        let end =
            switch ending {
            case .complete: ""
            case .interrupted: ", interrupted"
            case .gaveUp: ", ended early: nothing had succeeded for too long"
            }
        return "\(decimal(seconds, digits: 1)) s\(end); " + parts.joined(separator: ", ")
    }

    private func row(_ name: String, _ part: Part) -> [String] {
        let latency = part.latencyMicroseconds
        return [name, "\(part.succeeded)", "\(part.failed)", decimal(part.requestsPerSecond, digits: 1)]
            + [latency?.p50, latency?.p90, latency?.p99, latency?.p999, latency?.max].map { microseconds in
                microseconds.map { decimal(Double($0) / 1_000, digits: 3) } ?? "-"
            }
    }
}
