// What came of one run, as one line.

import Console

struct RunReport: Sendable {
    var seed: UInt64
    var acknowledged = 0
    var reads = 0
    var refused = 0
    var unknown = 0
    var elections = 0
    var crashes = 0
    /// Starts that a node refused because of damage.
    var refusals = 0
    /// Damage that nodes found and went on without.
    var quarantined = 0
    /// Damaged segments that a running node replaced by a peer's.
    var mendedSegments = 0
    var snapshots = 0
    /// Snapshots of peers that were taken over.
    var installations = 0
    /// Of the chosen entries.
    var checkpoints = 0
    /// Altered states that were found, and those of them that were altered while their node led.
    var divergences = 0
    var leaderDivergences = 0
    /// Segments of peers that the log was given as files, and those that were refused.
    var segmentsTakenIn = 0
    var segmentsRefused = 0
    /// Slots whose values a node had accepted and lost, at its starts.
    var unknownSlots = 0
    /// Votes that were given back.
    var readmissions = 0
    var faults: [Fault: Int] = [:]
    var slots: UInt64 = 0
    /// Microseconds.
    var simulatedTime: UInt64 = 0
    var events = 0
    var digest = RunDigest()

    var line: String { "seed \(seed): \(totalLine); digest \(digest)" }

    /// The figures alone.
    var totalLine: String {
        let faults = faults.sorted { $0.key < $1.key }.map { "\($0.key.rawValue) \($0.value)" }
        return "\(acknowledged) writes acknowledged, \(reads) reads, \(refused) refused, \(unknown) unknown; "
            + "\(slots) slots, \(elections) elections, \(crashes) crashes, \(quarantined) times damage set aside, "
            + "\(mendedSegments) segments mended while running, \(snapshots) snapshots, "
            + "\(installations) taken over from peers, \(segmentsTakenIn) segments taken in, \(segmentsRefused) refused, "
            + "\(checkpoints) checkpoints, \(divergences) altered states found, \(leaderDivergences) of leaders, "
            + "\(unknownSlots) slots unknown, \(readmissions) votes given back, "
            + "\(refusals) starts refused; "
            + "\(decimal(Double(simulatedTime) / 1_000_000, digits: 1)) s simulated, \(events) events; "
            + "faults: \(faults.isEmpty ? "none" : faults.joined(separator: ", "))"
    }

    /// Adds the figures of another run; the seed and the digest stay.
    mutating func add(_ other: RunReport) {
        acknowledged += other.acknowledged
        reads += other.reads
        refused += other.refused
        unknown += other.unknown
        elections += other.elections
        crashes += other.crashes
        refusals += other.refusals
        quarantined += other.quarantined
        mendedSegments += other.mendedSegments
        snapshots += other.snapshots
        installations += other.installations
        checkpoints += other.checkpoints
        divergences += other.divergences
        leaderDivergences += other.leaderDivergences
        segmentsTakenIn += other.segmentsTakenIn
        segmentsRefused += other.segmentsRefused
        unknownSlots += other.unknownSlots
        readmissions += other.readmissions
        faults.merge(other.faults) { $0 + $1 }
        slots += other.slots
        simulatedTime += other.simulatedTime
        events += other.events
    }
}
