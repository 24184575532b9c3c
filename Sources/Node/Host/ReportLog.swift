// Writes the driver's reports to the log, one line an event. What is reported over and over is written when it changes,
// and again only after a while.

import Logging
import Metrics
import NIOCore
import PaxosLog
import Replication
import SystemPackage

struct ReportLog {
    static let patience = TimeAmount.seconds(30)

    private var lastRepeated: [String: (report: Report, at: NIODeadline)] = [:]

    mutating func write(_ report: Report, to logger: Logger, at now: NIODeadline = .now()) {
        guard isWorthALine(report, at: now) else { return }
        switch report {
        case .leaderElected(let node, let ballot):
            NodeMetrics.leaderChanges.increment()
            logger.info("Leader elected", metadata: ["leader": "\(node)", "ballot": "\(ballot)"])
        case .leaderLost:
            logger.notice("Leader lost")
        case .electionStarted(let ballot):
            NodeMetrics.elections.increment()
            logger.info("Election started", metadata: ["ballot": "\(ballot)"])
        case .founded(let cluster):
            logger.notice("Cluster founded", metadata: ["cluster": "\(cluster)"])
        case .adopted(let cluster, let incarnation):
            logger.notice("Cluster joined", metadata: ["cluster": "\(cluster)", "incarnation": "\(incarnation)"])
        case .setAside(let aside) where aside.kept.isEmpty:
            logger.error("Damaged, and left where it is", metadata: ["what": "\(aside.reason)"])
        case .setAside(let aside):
            logger.error(
                "Damaged, and set aside",
                metadata: [
                    "what": "\(aside.reason)", "kept": "\(aside.kept.map(\.string).joined(separator: ", "))",
                ])
        case .slotsUnknown(let count):
            logger.error("Values that this node accepted are lost to damage", metadata: ["slots": "\(count)"])
        case .slotsSettled:
            logger.notice("The slots are settled whose values were lost to damage")
        case .mended(let slot):
            logger.notice("The log holds again what was damaged", metadata: ["through": "\(slot)"])
        case .logDamaged(let damage):
            NodeMetrics.damageFound.increment()
            logger.error("Damaged", metadata: ["what": "\(damage.sentence)"])
        case .segmentMended(let segment, let peer, let kept):
            NodeMetrics.damageMended.increment()
            logger.notice(
                "A damaged segment was replaced by a peer's",
                metadata: [
                    "segment": "\(segment)", "peer": "\(peer)", "kept": "\(kept.map { "\($0)" } ?? "nothing")",
                ])
        case .copyRefused(let segment, let peer, let reason):
            logger.error(
                "A peer's copy of a damaged segment is not what was here",
                metadata: ["segment": "\(segment)", "peer": "\(peer)", "reason": "\(reason)"])
        case .snapshotTaken(let snapshot):
            NodeMetrics.snapshots.increment()
            logger.info(
                "Snapshot taken",
                metadata: [
                    "through": "\(snapshot.name.slot)", "bytes": "\(snapshot.bytes)", "sha256": "\(snapshot.digest)",
                ])
        case .snapshotFailed(let slot, let reason):
            logger.error("No snapshot could be taken", metadata: ["through": "\(slot)", "error": "\(reason)"])
        case .archiveRefused(let reason):
            logger.error("The archive did not take a segment, which stays", metadata: ["reason": "\(reason)"])
        case .segmentTakenIn(let segment, let peer, let through, let kept):
            NodeMetrics.segmentsTakenIn.increment()
            logger.notice(
                "A peer's segment was taken in",
                metadata: [
                    "segment": "\(segment)", "through": "\(through)", "peer": "\(peer)",
                    "kept": "\(kept.map { "\($0)" } ?? "nothing")",
                ])
        case .segmentRefused(let segment, let peer, let reason):
            logger.error(
                "A peer's segment can't be taken in",
                metadata: ["segment": "\(segment)", "peer": "\(peer)", "reason": "\(reason)"])
        case .fetchGivenUp(let file):
            logger.notice("No peer could give a file, which is asked for again later", metadata: ["file": "\(file)"])
        case .snapshotInstalled(let snapshot, let peer):
            logger.notice(
                "A peer's snapshot was taken over", metadata: ["through": "\(snapshot.slot)", "peer": "\(peer)"])
        case .snapshotRefused(let snapshot, let peer, let reason):
            logger.error(
                "A peer's snapshot can't be taken over",
                metadata: ["through": "\(snapshot.slot)", "peer": "\(peer)", "reason": "\(reason)"])
        case .snapshotDiffers(let snapshot, let own, let agreed):
            logger.warning(
                "The nodes have agreed on other bytes for a snapshot: this node's zstd may be another",
                metadata: ["through": "\(snapshot.slot)", "sha256": "\(own)", "agreed-sha256": "\(agreed)"])
        case .diverged(let report):
            logger.critical(
                "This node's state is not the others': it serves nobody until it is rebuilt (logtool rebuild)",
                metadata: [
                    "slot": "\(report.slot)", "digest": "\(report.ownDigest)",
                    "agreed-digest": "\(report.agreedDigest)",
                    "last-agreed": "\(report.lastAgreed.map { "\($0)" } ?? "none")",
                ])
        case .readmitted(let node, let incarnation, let slot):
            logger.notice(
                "Vote given to another life of a node",
                metadata: ["peer": "\(node)", "incarnation": "\(incarnation)", "slot": "\(slot)"])
        case .voteSuspended(.strictRestart):
            logger.notice(
                "This node has no vote until the others give it back", metadata: ["reason": "--strict-restart"])
        case .voteSuspended(.olderThanItsStarts(let node, let boot)):
            logger.error(
                "The disk is older than what a peer remembers of it: the node has no vote until it is given back",
                metadata: ["peer": "\(node)", "remembered-boot": "\(boot)"])
        case .voteSuspended(.olderThanItsPromises(let node, let ballot)):
            logger.error(
                "The disk is older than what a peer remembers of it: the node has no vote until it is given back",
                metadata: ["peer": "\(node)", "remembered-promise": "\(ballot)"])
        case .voteReturned(let incarnation):
            logger.notice("This node votes again", metadata: ["incarnation": "\(incarnation)"])
        case .caughtUp(let slot):
            logger.notice("Caught up", metadata: ["applied-through": "\(slot)"])
        case .fellBehind(let chosen, let applied):
            logger.notice(
                "Fell behind", metadata: ["chosen-through": "\(chosen)", "applied-through": "\(applied)"])
        case .waitingForMembers(let nodes):
            let names = nodes.map { "\($0)" }.joined(separator: ",")
            logger.notice("Waiting for members to form a cluster", metadata: ["missing": "\(names)"])
        case .foreignPeer(let node, let reason):
            logger.error("Peer refused", metadata: ["peer": "\(node)", "reason": "\(reason)"])
        }
    }

    /// Only what a node says for as long as a state lasts is held back.
    private mutating func isWorthALine(_ report: Report, at now: NIODeadline) -> Bool {
        let key: String
        switch report {
        case .waitingForMembers: key = "waiting"
        case .foreignPeer(let node, _): key = "foreign \(node)"
        case .fetchGivenUp(let file): key = "given up \(file)"
        default: return true
        }
        if let last = lastRepeated[key], last.report == report, now - last.at < ReportLog.patience { return false }
        lastRepeated[key] = (report, now)
        return true
    }
}
