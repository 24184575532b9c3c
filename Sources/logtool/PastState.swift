// The state of a node's store as it was at a moment: what `get`, `dump` and `restore` begin with, and how it is shown.

import ArgumentParser
import Paxos
import PaxosLog
import StateMachine

/// Of which log, and when.
struct PastStateOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The data folder of a node, or its URL.", valueName: "dir"), completion: .directory)
    var directory: String

    @Option(help: ArgumentHelp("When: \(Moment.accepted).", valueName: "slot-or-time"))
    var at: Moment

    @OptionGroup var archive: ArchiveOption

    func read() throws -> PastState { try PastState(of: archive.log(of: directory), at: at) }
}

struct PastState {
    struct Summary: Encodable, Equatable {
        var node: String
        var slot: UInt64
        /// In microseconds since 1970; it never steps back.
        var effectiveTime: UInt64
        var keys: Int
        var stateDigest: String
        /// Whether the time asked for is later than all that the log holds.
        var isEndOfLog: Bool
    }

    let log: NodeLog
    let replay: Replay
    var store: KeyValueStore { replay.store }

    /// - Throws: `Failure` with the first slot that can be told, or the last, where the log does not tell of the moment.
    init(of log: NodeLog, at moment: Moment) throws {
        self.log = log
        let progress = ProgressLine("replay \(log.name)", bytes: try log.storedBytes())
        replay = try Replay(log, through: moment, progress: progress)
        if let failure = replay.shortfall(of: moment) { throw failure }
    }

    var summary: Summary {
        Summary(
            node: log.name, slot: store.appliedThrough.rawValue, effectiveTime: store.effectiveTime, keys: store.count,
            stateDigest: "\(store.digest)", isEndOfLog: replay.stop == .end)
    }
}

extension PastState.Summary {
    var line: String {
        let end = isEndOfLog ? ", where the log ends" : ""
        return "\(node) at slot \(slot), \(Timestamp(microseconds: effectiveTime))\(end): keys: \(keys), "
            + "state digest \(stateDigest)"
    }
}

/// A key with what it held.
struct KeyObject: Encodable {
    var key: [UInt8]
    var stored: StoredValue

    var line: String {
        "\(CommandText.word(key)) \(CommandText.word(stored.value)) \(stored.created) \(stored.modified)"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: JSONText.Name.self)
        try fields.encode(bytes: key, as: "key")
        try fields.encode(bytes: stored.value, as: "value")
        try fields.encode(stored.created.rawValue, as: "created")
        try fields.encode(stored.modified.rawValue, as: "modified")
    }
}

extension Output {
    mutating func show(_ object: KeyObject, _ format: Format) {
        line(format == .text ? object.line : JSONText.line(object))
    }

    /// What all that was shown belongs to; for people apart from it.
    mutating func show(_ summary: PastState.Summary, _ format: Format) {
        switch format {
        case .text: complain(summary.line)
        case .json: line(JSONText.line(summary))
        }
        flush()
    }
}
