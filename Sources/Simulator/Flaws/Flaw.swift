// Mistakes that an implementation of this protocol could make, one at a time, so that the simulator can show that it
// would find them. They exist here and nowhere else: what ships holds no switch for them. Each does to a node's events,
// effects or disk what a node with that mistake would have done.

enum Flaw: String, CaseIterable, Sendable {
    case skipJournalSync = "skip-journal-sync"
    case skipFolderSync = "skip-folder-sync"
    case answerBeforeDurable = "answer-before-durable"
    case countRefusal = "count-refusal"
    case countTwice = "count-twice"
    case reuseBallot = "reuse-ballot"
    case proposeOverAccepted = "propose-over-accepted"
    case forgetCompacted = "forget-compacted"
    case believeDeposed = "believe-deposed"
    case applyWithGap = "apply-with-gap"
    case applyTwice = "apply-twice"
    case readWithoutRound = "read-without-round"
    case readBeforeNoOp = "read-before-no-op"
    case ignoreChecksum = "ignore-checksum"
    case unknownIsEmpty = "unknown-is-empty"
    case cutAtDamage = "cut-at-damage"
    case voteAfterWipe = "vote-after-wipe"
    case trustImage = "trust-image"

    /// What a node with it does.
    var summary: String {
        switch self {
        case .skipJournalSync: "does not sync the journal"
        case .skipFolderSync: "does not sync a folder whose names changed"
        case .answerBeforeDurable: "promises, accepts and counts its own vote before the journal is durable"
        case .countRefusal: "as a candidate, counts a refusal as a promise"
        case .countTwice: "as a leader, counts an acceptance for another node too"
        case .reuseBallot: "forgets at a start what it promised without accepting anything, its own ballots too"
        case .proposeOverAccepted: "as a candidate, does not look at the values in the others' promises"
        case .forgetCompacted: "leaves out of a promise how far it knows the log to be chosen"
        case .believeDeposed: "takes a deposed leader's mark for the slots that it accepted from anybody"
        case .applyWithGap: "passes over a slot that it does not have, and goes on behind it"
        case .applyTwice: "gives a command that it forwards again a new number"
        case .readWithoutRound: "as a leader, answers reads without asking a majority"
        case .readBeforeNoOp: "as a leader, answers reads before its first no-op is chosen"
        case .ignoreChecksum: "takes values whose checksum is wrong"
        case .unknownIsEmpty: "leaves out of its promises what it accepted and its disk has lost"
        case .cutAtDamage: "cuts a damaged file where the damage is, and starts"
        case .trustImage: "votes on with a disk that was put back to an older image, and asks nobody about it"
        case .voteAfterWipe: "votes on with an emptied disk, as if it had not been"
        }
    }
}
