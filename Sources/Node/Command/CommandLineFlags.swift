// The flags of the command line, as they were typed. What they mean is read by NodeConfiguration, which treats the
// environment the same way.

import ArgumentParser

struct CommandLineFlags: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paxos-node",
        abstract: "One node of a replicated key-value store whose log can be audited.",
        discussion: """
            Each setting can also be given by the environment variable named in brackets, or by a file (--configuration); a \
            flag wins over the environment, and that over the file.

            A cluster of one:
              paxos-node --id n0 --data /var/lib/paxos --http 127.0.0.1:8000

            The first node of three:
              paxos-node --id n0 --data logs/n0 --http 127.0.0.1:8000 --listen 127.0.0.1:7000 \\
                --peers n0=127.0.0.1:7000,n1=127.0.0.1:7001,n2=127.0.0.1:7002

            Exit status: 0 stopped in good order, 64 wrong usage, 65 damaged data, 70 a broken invariant, \
            74 the disk failed, 78 the settings contradict the data folder, or a folder or port is in use.
            """)

    @Option(help: ArgumentHelp("This node's name: n0, n1, … [PAXOS_ID]", valueName: "node"))
    var id: String?
    @Option(help: ArgumentHelp("The folder that holds all this node must remember. [PAXOS_DATA]", valueName: "folder"))
    var data: String?
    @Option(
        help: ArgumentHelp("Where clients are served; port 0 takes a free one. [PAXOS_HTTP]", valueName: "host:port"))
    var http: String?
    @Option(help: ArgumentHelp("Where the other nodes are listened to. [PAXOS_LISTEN]", valueName: "host:port"))
    var listen: String?
    @Option(
        help: ArgumentHelp(
            "All members, this node too, and where they listen; without it, a cluster of one. [PAXOS_PEERS]",
            valueName: "n0=host:port,…"))
    var peers: String?
    @Option(
        help: ArgumentHelp(
            "Where /crash, /log/print and /admin are served, and then only there; without it, with the rest. [PAXOS_ADMIN]",
            valueName: "host:port"))
    var admin: String?
    @Flag(help: "Found a new cluster without waiting for every member. [PAXOS_BOOTSTRAP]")
    var bootstrap = false
    @Option(
        help: ArgumentHelp(
            """
            auto: a node with a damaged, emptied or older disk mends it from the others and asks for its vote; off: it refuses \
            to start with damage, and stays without a vote. [PAXOS_READMISSION] (default: auto)
            """, valueName: "auto|off"))
    var readmission: String?
    @Flag(
        help: """
            Take the disk for one that may be an older image of itself: the node has no vote until the others give it \
            back. [PAXOS_STRICT_RESTART]
            """)
    var strictRestart = false
    @Option(
        help: ArgumentHelp(
            """
            In how much time the log is read once to find damage, over and over; 0 for never. [PAXOS_SCRUB] (default: 24)
            """, valueName: "hours"))
    var scrub: String?
    @Option(
        help: ArgumentHelp(
            """
            auto: what two snapshots stand for is dropped from the log; off: nothing is, but by POST /admin/compact. \
            [PAXOS_COMPACTION] (default: auto)
            """, valueName: "auto|off"))
    var compaction: String?
    @Option(
        help: ArgumentHelp(
            "How many of the last segments of the log stay in any case. [PAXOS_KEEP_SEGMENTS] (default: 4)",
            valueName: "count"))
    var keepSegments: String?
    @Option(
        help: ArgumentHelp(
            "For how many days segments stay in any case. [PAXOS_KEEP_DAYS] (default: 0)", valueName: "days"))
    var keepDays: String?
    @Option(
        help: ArgumentHelp(
            "A folder that takes each segment before it is dropped; nodes may share one. [PAXOS_ARCHIVE]",
            valueName: "folder"))
    var archive: String?
    @Flag(help: "Let /crash end the process. [PAXOS_ALLOW_CRASH]")
    var allowCrash = false
    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical. [PAXOS_LOG_LEVEL] (default: info)",
            valueName: "level"))
    var logLevel: String?
    @Option(
        help: ArgumentHelp(
            "How long a request may wait for a majority. [PAXOS_REQUEST_TIMEOUT] (default: 5)", valueName: "seconds"))
    var requestTimeout: String?
    @Option(
        help: ArgumentHelp(
            "How long a client may take to send a request, or to take an answer. [PAXOS_CLIENT_TIMEOUT] (default: 30)",
            valueName: "seconds"))
    var clientTimeout: String?
    @Option(
        help: ArgumentHelp(
            "Connections of clients; more are answered 503. [PAXOS_MAX_CONNECTIONS] (default: 10000)",
            valueName: "count"))
    var maxConnections: String?
    @Option(
        help: ArgumentHelp(
            "Writes, and reads, under way; more are answered 503. [PAXOS_MAX_REQUESTS] (default: 65536)",
            valueName: "count"))
    var maxRequests: String?
    @Option(
        help: ArgumentHelp(
            "A JSON file that gives settings, its fields named like the flags. [PAXOS_CONFIGURATION]",
            valueName: "file"))
    var configuration: String?
    @Flag(help: "Print what every setting is and where that came from, and end.")
    var printConfiguration = false

    /// What was given, by setting.
    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.id] = id
        given[.data] = data
        given[.http] = http
        given[.listen] = listen
        given[.peers] = peers
        given[.logLevel] = logLevel
        given[.readmission] = readmission
        given[.scrub] = scrub
        given[.compaction] = compaction
        given[.keptSegments] = keepSegments
        given[.keptDays] = keepDays
        given[.archive] = archive
        given[.admin] = admin
        given[.requestTimeout] = requestTimeout
        given[.clientTimeout] = clientTimeout
        given[.mostConnections] = maxConnections
        given[.mostRequests] = maxRequests
        if bootstrap { given[.bootstrap] = "true" }
        if strictRestart { given[.strictRestart] = "true" }
        if allowCrash { given[.allowCrash] = "true" }
        return given
    }
}
