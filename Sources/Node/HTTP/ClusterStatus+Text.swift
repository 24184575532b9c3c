// What `GET /` says to somebody at a terminal: the cluster in a line for each node, and where to go from here.

import Paxos
import PaxosLog
import Replication

extension ClusterStatus {
    var text: String {
        let rows =
            [["", "role", "ballot", "chosen", "applied", "lag", "log through", "log bytes", ""]] + members.map(row)
        return """
            \(view.node) of \(view.cluster.map { "cluster \($0)" } ?? "a cluster that is not founded yet")

            \(Self.table(rows))

            A browser shows more here. Programs ask /cluster, /status and /health, and the store under /store/.

            """
    }

    private func row(_ member: Member) -> [String] {
        guard let report = member.report else {
            return ["\(member.node)"] + Array(repeating: "–", count: 7) + ["no word yet"]
        }
        return [
            "\(member.node)", report.role.rawValue, "\(report.ballot)", "\(report.chosenThrough)",
            "\(report.appliedThrough)", member.lag.map { "\($0)" } ?? "–", "\(report.log.through)",
            "\(report.log.bytes)",
            note(member, report),
        ]
    }

    private func note(_ member: Member, _ report: NodeReport) -> String {
        guard member.isReachable else { return "no word for \((member.age ?? 0) / 1_000_000) s" }
        if member.agreement?.isSame == false { return "its log differs from this node's" }
        return report.unhealthy ?? ""
    }

    /// The first two columns to the left, the numbers to the right, the last as it is.
    private static func table(_ rows: [[String]]) -> String {
        let columns = rows[0].indices
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = columns.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column < 3 || column == columns.last ? row[column] + padding : padding + row[column]
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
