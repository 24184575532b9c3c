// What nodes tell one another of how they are, and what one of them makes of it. All of it is computed when a report
// is made, and nothing while commands are.

import CXXHash
import Paxos
import PaxosLog
import StateMachine

/// What a driver remembers for those who look at it.
struct ClusterWatch: Sendable {
    struct Heard: Sendable {
        var report: NodeReport
        var tick: Int
        /// What this node knew to be chosen then.
        var knownChosenThrough: Slot
    }

    var log: LogExtent
    var blocks = BlockDigests()
    var history = ChosenHistory()
    var heard: [NodeID: Heard] = [:]

    init(log: LogExtent, blocks: [BlockDigest]) {
        self.log = log
        for block in blocks { self.blocks.add(block) }
    }

    mutating func note(_ log: LogExtent, _ blocks: [BlockDigest]) {
        self.log = log
        for block in blocks { self.blocks.add(block) }
    }
}

extension ReplicaDriver {
    /// How many ticks make a second, about.
    private var ticksInASecond: Int { max(1, Int(1_000_000 / configuration.tickInterval)) }

    mutating func tickReports() {
        guard let chosen = replica?.chosenThrough, !isAdopting else { return }
        if ticks % ticksInASecond == 0 {
            watch.history.add(ChosenHistory.Sample(time: now, chosenThrough: chosen))
        }
        if ticks % configuration.reportTicks == 0 {
            let stride = reportStride
            let report = report(of: lastEntries(stride: stride), stride: stride)
            for node in configuration.members where node != configuration.node { send(.report(report), to: node) }
        }
    }

    mutating func note(_ report: NodeReport, from node: NodeID) {
        guard configuration.members.contains(node) else { return }
        watch.heard[node] = ClusterWatch.Heard(
            report: report, tick: ticks, knownChosenThrough: replica?.knownChosenThrough ?? .zero)
    }

    package var clusterView: ClusterView {
        let stride = reportStride
        let last = lastEntries(stride: stride)
        let own = report(of: last, stride: stride)
        return ClusterView(
            node: configuration.node, cluster: genesis?.cluster, own: own,
            peers: configuration.members.filter { $0 != configuration.node }.map { node in
                ClusterView.Peer(node: node, heard: watch.heard[node].map(heard))
            },
            entries: zip(own.entries, last).map { entry, last in
                let isShown = last.bytes.count <= ClusterView.longestEntry
                return ClusterView.Entry(
                    slot: entry.slot, hash: entry.hash, length: last.bytes.count,
                    bytes: isShown ? Array(last.bytes) : nil)
            },
            history: watch.history.samples)
    }

    private func heard(_ heard: ClusterWatch.Heard) -> ClusterView.Heard {
        let known = max(heard.report.knownChosenThrough, heard.knownChosenThrough)
        return ClusterView.Heard(
            report: heard.report, age: UInt64(ticks - heard.tick) * configuration.tickInterval,
            lag: known - min(heard.report.appliedThrough, known))
    }

    // MARK: What this node says of itself

    private func report(of last: [(slot: Slot, bytes: ArraySlice<UInt8>)], stride: Int) -> NodeReport {
        let status = status
        return NodeReport(
            role: status.role, leader: status.leader, ballot: status.ballot, promised: status.promised,
            chosenThrough: status.chosenThrough, appliedThrough: status.appliedThrough,
            knownChosenThrough: status.knownChosenThrough, digest: status.digest, keys: status.keys,
            unhealthy: status.unhealthyReason, log: watch.log, blocks: watch.blocks.blocks, stride: stride,
            entries: last.map { slot, bytes in
                let hash = bytes.withUnsafeBytes { cxxhash_xxh3_64($0.baseAddress, $0.count, 0) }
                return NodeReport.Entry(slot: slot, hash: hash)
            })
    }

    /// A power of two, so that what is reported spans two seconds, and nodes that do not report at the same time, or
    /// not the same stride, still name slots in common.
    private var reportStride: Int {
        let ofLate = watch.history.slotsOfLate(through: store.appliedThrough)
        var stride = 1
        while stride * NodeReport.mostEntries < ofLate { stride *= 2 }
        return stride
    }

    /// The last entries in memory whose slots are multiples of `stride`.
    private func lastEntries(stride: Int) -> [(slot: Slot, bytes: ArraySlice<UInt8>)] {
        let last = Int(store.appliedThrough.rawValue) / stride
        guard let tail, last > 0 else { return [] }
        let first = max(1, last - NodeReport.mostEntries + 1)
        return tail.entries(at: (first...last).map { Slot(UInt64($0 * stride)) })
    }
}
