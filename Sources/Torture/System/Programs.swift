// The programs that a run needs: those of this project, which the build puts beside this one, and the system's.

import FoundationEssentials

struct Programs {
    let node: String
    let load: String
    let logtool: String

    /// - Parameter folder: nil for where this program itself is.
    init(folder: String?) throws(TortureFailure) {
        let folder = folder ?? String(Self.own.prefix(upTo: Self.own.lastIndex(of: "/") ?? Self.own.startIndex))
        node = "\(folder)/paxos-node"
        load = "\(folder)/paxos-load"
        logtool = "\(folder)/logtool"
        for program in [node, load, logtool] where !FileManager.default.isExecutableFile(atPath: program) {
            throw .unavailable("\(program) is missing; build it with: make build")
        }
    }

    /// This program's path.
    static let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
}
