// What is done to nodes that run. Each kind belongs to one lane: in a lane one fault follows the other, and the two lanes
// go on at the same time, so that a node is killed while the network is cut.

enum Fault: String, CaseIterable, Sendable {
    case kill
    case killAll = "kill-all"
    case restart
    case pause
    case fullDisk = "full-disk"
    /// A byte of a file of a node that is stopped.
    case flip
    /// A byte of a file of a node that runs; it is killed afterwards, so that it reads the file again.
    case flipRunning = "flip-running"
    case wipe
    /// A few nodes and the others do not reach each other; clients reach all.
    case cut
    /// One node hears none of the others, and they hear it.
    case deaf
    /// None of the others hears one node, and it hears them.
    case mute
    /// Two nodes do not reach each other; both reach the others.
    case pair
    /// One node has no network at all.
    case unplug

    enum Lane: CaseIterable, Sendable {
        case process, network
    }

    var lane: Lane {
        switch self {
        case .kill, .killAll, .restart, .pause, .fullDisk, .flip, .flipRunning, .wipe: .process
        case .cut, .deaf, .mute, .pair, .unplug: .network
        }
    }

    /// Whether the node may come out of it without what it once promised.
    var isDamage: Bool {
        switch self {
        case .flip, .flipRunning, .wipe: true
        default: false
        }
    }

    /// How many of it are in a deck.
    var weight: Int {
        switch self {
        case .kill, .pause: 2
        default: 1
        }
    }

    /// How long it lasts, in seconds.
    var duration: ClosedRange<Double> {
        switch self {
        // The damage must lie below the journal's last durable mark before the node is killed (docs/guarantees.md).
        case .flipRunning: 1...3
        case .flip, .wipe, .restart: 0.1...1
        case .fullDisk: 2...5
        case .kill, .killAll: 0.1...4
        case .pause: 0.3...6
        case .cut, .deaf, .mute, .pair, .unplug: 0.5...6
        }
    }
}
