// A network and mounts that are this program's own: it starts itself anew in namespaces without a name, as the same
// process. Whatever is made in them, interfaces, networks of nodes and small file systems, is the kernel's to remove when
// the last process in them has ended, however it ends.

import Glibc

enum Isolation {
    /// Set for the program that runs in them.
    private static let mark = "PAXOS_TORTURE_ISOLATED"

    static var isIsolated: Bool { getenv(mark) != nil }

    /// Stands before a command that is to be killed should this program die without a chance to end it.
    static let guardian = isIsolated ? ["setpriv", "--pdeathsig", "KILL"] : []

    private static let unshare = ["unshare", "--mount", "--net", "--propagation", "private"]

    /// Everything that a run needs, tried in namespaces that are gone afterwards.
    private static let trial = """
        mkdir -p /run/netns && mount -t tmpfs none /run/netns && ip netns add trial && ip link set lo up \
        && ip link add bridge0 type bridge && ip link add v0 type veth peer name eth0 netns trial \
        && ip link set v0 master bridge0 && setpriv --pdeathsig KILL nsenter --net=/run/netns/trial true
        """

    /// Does not return when there can be namespaces; else says why not.
    static func enter() -> String {
        guard geteuid() == 0 else { return "not root" }
        guard let ending = try? ChildProcess.run(unshare + ["sh", "-c", trial], seconds: 20), ending == .exit(0) else {
            return "unshare, ip, nsenter or setpriv is missing, or namespaces are not allowed here"
        }
        setenv(mark, "1", 1)
        var words = (unshare + [Programs.own] + CommandLine.arguments.dropFirst()).map { strdup($0) } + [nil]
        execvp("unshare", &words)
        return String(cString: strerror(errno))
    }

    /// Hides the names of other networks of this machine, so that those of the nodes are in nobody's way.
    static func prepare() throws(TortureFailure) {
        for command in [["mkdir", "-p", "/run/netns"], ["mount", "-t", "tmpfs", "paxos-torture", "/run/netns"]] {
            let ending = try ChildProcess.run(command, seconds: 20)
            guard ending == .exit(0) else { throw .unavailable("\(command.joined(separator: " ")): \(ending)") }
        }
    }
}
