// What a run counts while it goes on.

struct TortureTally {
    var faults: [Fault: Int] = [:]
    /// Starts that a node refused because of damage that it found.
    var refusals = 0
    var mended = 0
    /// Starts with an empty folder, wiped or kept aside.
    var startedEmpty = 0
    var votesBack = 0
    /// Nodes that ended because their disk was full.
    var endedForRoom = 0
    var unexpectedEnds = 0
    /// Ballots under which a node was seen to lead.
    var elections = 0
    var slots = 0
    /// Seconds from the last fault until all nodes were healthy.
    var healing = 0.0
}
