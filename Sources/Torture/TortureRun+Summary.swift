// What a run came to, as tables.

import Console

extension TortureRun {
    func summary(_ history: History) -> [String] {
        var faults = Table(["fault", "times"])
        for fault in Fault.allCases { faults.add([fault.rawValue, "\(tally.faults[fault] ?? 0)"]) }
        var operations = Table(["clients asked for", "done", "refused", "unknown"])
        for (kind, name) in [(HistoryOperation.Kind.set, "writes"), (.get, "reads")] {
            operations.add(
                [name] + [HistoryOperation.Outcome.ok, .fail, .unknown].map { "\(history.count(kind, $0))" })
        }
        let pause = history.longestPause
        var rest = Table(["", ""])
        rest.add(["slots", "\(tally.slots)"])
        rest.add(["elections", "\(tally.elections)"])
        rest.add(["longest time without an answer", "\(decimal(Double(pause.duration) / 1e9, digits: 1)) s"])
        rest.add(["healthy after the last fault", "\(decimal(tally.healing, digits: 1)) s"])
        rest.add(["damage that nodes mended", "\(tally.mended)"])
        rest.add(["starts refused because of damage", "\(tally.refusals)"])
        rest.add(["starts with an empty folder", "\(tally.startedEmpty)"])
        rest.add(["votes that came back", "\(tally.votesBack)"])
        rest.add(["nodes ended by a full disk", "\(tally.endedForRoom)"])
        return faults.lines + [""] + operations.lines + rest.lines
    }
}
