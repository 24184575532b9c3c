// What a run is to do.

struct TortureSettings {
    var nodes: Int
    /// How long there are faults.
    var seconds: Double
    var seed: UInt64
    var rate: Double
    var keys: Int
    var clients: Int
    /// Whether nodes have networks and file systems of their own.
    var isIsolated: Bool
    /// Where everything is kept.
    var folder: String

    /// How long the cluster may take to be whole again after the last fault: generous, for a machine that is busy.
    static let healing = 120.0
    /// How long a node may take to stop.
    static let stopping = 30.0

    /// Those that are possible here.
    func faults(_ lane: Fault.Lane) -> [Fault] {
        Fault.allCases.filter { fault in
            guard fault.lane == lane else { return false }
            return isIsolated || (lane == .process && fault != .fullDisk)
        }
    }
}
