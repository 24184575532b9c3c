// What the settings say, checked as a whole: a value of this type holds no contradiction in itself. Nothing outside the
// settings is looked at here: see FolderCheck and PortCheck.

import Logging
import NIOCore
import Paxos
import PaxosLog
import Replication
import SystemPackage

struct NodeConfiguration: Equatable, Sendable {
    var node: NodeID
    var data: FilePath
    var http: HostAndPort
    /// Nil for a cluster of one, which has nobody to listen to.
    var listen: HostAndPort?
    /// Every other member, and where it listens.
    var others: [NodeID: HostAndPort]
    /// Where /crash, /log/print and /admin are served; nil for the clients' address.
    var admin: HostAndPort?
    var isBootstrapping: Bool
    /// Whether the other nodes are to make good what is damaged here, and to give a vote back that was lost by it.
    var isReadmitted: Bool
    var restartsStrictly: Bool
    /// In how many hours the whole log is read once to find damage; zero for never.
    var scrubHours: Double
    /// Whether the log is compacted without anyone asking.
    var compacts: Bool
    var keptSegments: Int
    var keptDays: Double
    /// Where segments go before they are dropped.
    var archive: FilePath?
    var allowsCrash: Bool
    var logLevel: Logger.Level
    var requestTimeoutMilliseconds: Int
    /// How long a client may take to send a request, or to take the next part of an answer.
    var clientTimeoutMilliseconds: Int
    var mostConnections: Int
    /// The most commands, and the most reads, that clients may have under way.
    var mostRequests: Int

    /// Whether damage is set aside at the start, for the others to make good; there must be others.
    var mendsDamage: Bool { isReadmitted && !others.isEmpty }

    var members: [NodeID] { ([node] + others.keys).sorted() }

    /// - Throws: `StartFailure` with status 64, naming the flag or the environment variable.
    init(_ given: GivenSettings) throws(StartFailure) {
        node = try NodeConfiguration.node(given)
        data = try NodeConfiguration.folder(given)
        let http = try NodeConfiguration.address(NodeConfiguration.needed(.http, given), allowsPortZero: true)
        self.http = http
        let listen: HostAndPort? =
            if let text = given[.listen] { try NodeConfiguration.address(text) } else { nil }
        self.listen = listen
        if let text = given[.peers] {
            others = try NodeConfiguration.peers(text, without: node)
            guard listen != nil || others.isEmpty else {
                throw .usage(
                    "\(text.place) names other nodes, so this one needs an address to be reached at: give --listen HOST:PORT"
                )
            }
        } else {
            others = [:]
            if let text = given[.listen] {
                throw .usage(
                    "\(text.place) is for a node with peers, and none are named: give --peers, or leave it out for a cluster of one"
                )
            }
        }
        if let listen, listen == http, let text = given[.listen] {
            throw .usage("\(text.place): \(listen) is also where clients are served; give the peers another port")
        }
        admin = try NodeConfiguration.admin(given, http: http, listen: listen)
        isBootstrapping = try NodeConfiguration.flag(.bootstrap, given)
        isReadmitted = try NodeConfiguration.isAutomatic(.readmission, given)
        restartsStrictly = try NodeConfiguration.flag(.strictRestart, given)
        if restartsStrictly, others.isEmpty, let text = given[.strictRestart] {
            throw .usage(
                "\(text.place) is for a node with peers: a cluster of one has nobody who could give the vote back")
        }
        scrubHours = try NodeConfiguration.amount(.scrub, "hours", given)
        compacts = try NodeConfiguration.isAutomatic(.compaction, given)
        keptSegments = try NodeConfiguration.count(.keptSegments, given, within: 1...1_000_000)
        keptDays = try NodeConfiguration.amount(.keptDays, "days", given)
        archive = try given[.archive].map { text throws(StartFailure) in try NodeConfiguration.folder(text) }
        allowsCrash = try NodeConfiguration.flag(.allowCrash, given)
        logLevel = try NodeConfiguration.level(given)
        requestTimeoutMilliseconds = try NodeConfiguration.milliseconds(.requestTimeout, given)
        clientTimeoutMilliseconds = try NodeConfiguration.milliseconds(.clientTimeout, given)
        mostConnections = try NodeConfiguration.count(.mostConnections, given, within: 1...1_000_000)
        mostRequests = try NodeConfiguration.count(.mostRequests, given, within: 1...1_000_000)
    }

    private static func needed(_ setting: Setting, _ given: GivenSettings) throws(StartFailure) -> GivenText {
        guard let text = given[setting] else {
            throw .usage("\(setting.flag) is missing: give it, or set \(setting.environmentVariable)")
        }
        return text
    }

    private static func node(_ given: GivenSettings) throws(StartFailure) -> NodeID {
        let text = try needed(.id, given)
        guard let node = NodeID(text.text) else {
            throw .usage("\(text.place): '\(text.text)' is not a node's name; names are n0, n1, … n65535")
        }
        return node
    }

    private static func folder(_ given: GivenSettings) throws(StartFailure) -> FilePath {
        try folder(needed(.data, given))
    }

    private static func folder(_ text: GivenText) throws(StartFailure) -> FilePath {
        guard !text.text.isEmpty else { throw .usage("\(text.place) is empty: name a folder") }
        guard !text.text.utf8.contains(0) else { throw .usage("\(text.place) holds a NUL byte") }
        return FilePath(text.text)
    }

    private static func address(_ text: GivenText, allowsPortZero: Bool = false) throws(StartFailure) -> HostAndPort {
        do throws(HostAndPortError) {
            return try HostAndPort(reading: text.text, allowsPortZero: allowsPortZero)
        } catch {
            throw .usage("\(text.place): '\(text.text)' is no address: \(error.reason)")
        }
    }

    private static func peers(_ text: GivenText, without node: NodeID) throws(StartFailure) -> [NodeID: HostAndPort] {
        var peers: [NodeID: HostAndPort] = [:]
        for part in text.text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: "=") else {
                throw .usage("\(text.place): '\(part)' is not of the form NODE=HOST:PORT")
            }
            guard let peer = NodeID(part[..<equals]) else {
                throw .usage("\(text.place): '\(part[..<equals])' is not a node's name; names are n0, n1, … n65535")
            }
            let address: HostAndPort
            do throws(HostAndPortError) {
                address = try HostAndPort(reading: part[part.index(after: equals)...])
            } catch {
                throw .usage("\(text.place): the address of \(peer) is wrong: \(error.reason)")
            }
            guard peers[peer] == nil else { throw .usage("\(text.place) names \(peer) twice") }
            if let twin = peers.first(where: { $0.value == address }) {
                let (first, second) = (min(twin.key, peer), max(twin.key, peer))
                throw .usage("\(text.place) gives \(first) and \(second) the same address \(address)")
            }
            peers[peer] = address
        }
        guard peers.count <= Genesis.mostMembers else {
            throw .usage("\(text.place) names \(peers.count) nodes; a cluster has at most \(Genesis.mostMembers)")
        }
        guard peers.removeValue(forKey: node) != nil else {
            throw .usage("\(text.place) does not name this node, \(node): the list holds every member, this one too")
        }
        return peers
    }

    private static func admin(
        _ given: GivenSettings, http: HostAndPort, listen: HostAndPort?
    ) throws(StartFailure) -> HostAndPort? {
        guard let text = given[.admin] else { return nil }
        let admin = try address(text, allowsPortZero: true)
        guard admin.port == 0 || (admin != http && admin != listen) else {
            throw .usage("\(text.place): \(admin) is taken by another of this node's own addresses")
        }
        return admin
    }

    /// What was given, else what holds without.
    private static func text(_ setting: Setting, _ given: GivenSettings) -> GivenText {
        if let text = given[setting] { return text }
        guard let standard = setting.standard else { preconditionFailure("\(setting) has no standard") }
        return GivenText(text: standard, place: setting.flag)
    }

    private static func flag(_ setting: Setting, _ given: GivenSettings) throws(StartFailure) -> Bool {
        let text = text(setting, given)
        switch text.text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw .usage("\(text.place): '\(text.text)' is neither true nor false")
        }
    }

    private static func isAutomatic(_ setting: Setting, _ given: GivenSettings) throws(StartFailure) -> Bool {
        let text = text(setting, given)
        switch text.text.lowercased() {
        case "auto": return true
        case "off": return false
        default: throw .usage("\(text.place): '\(text.text)' is neither auto nor off")
        }
    }

    private static func level(_ given: GivenSettings) throws(StartFailure) -> Logger.Level {
        let text = text(.logLevel, given)
        guard let level = Logger.Level(rawValue: text.text.lowercased()) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw .usage("\(text.place): '\(text.text)' is none of \(levels)")
        }
        return level
    }

    private static func milliseconds(_ setting: Setting, _ given: GivenSettings) throws(StartFailure) -> Int {
        let text = text(setting, given)
        guard let seconds = Double(text.text), seconds >= 0.1, seconds <= 3_600 else {
            throw .usage("\(text.place): '\(text.text)' is not a number of seconds from 0.1 to 3600")
        }
        return Int((seconds * 1_000).rounded())
    }

    private static func amount(
        _ setting: Setting, _ unit: String, _ given: GivenSettings
    ) throws(StartFailure) -> Double {
        let text = text(setting, given)
        guard let amount = Double(text.text), amount == 0 || (0.001...10_000).contains(amount) else {
            throw .usage("\(text.place): '\(text.text)' is neither 0 nor a number of \(unit) from 0.001 to 10000")
        }
        return amount
    }

    private static func count(
        _ setting: Setting, _ given: GivenSettings, within range: ClosedRange<Int>
    ) throws(StartFailure) -> Int {
        let text = text(setting, given)
        guard let count = Int(text.text), range.contains(count) else {
            throw .usage(
                "\(text.place): '\(text.text)' is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return count
    }
}

extension NodeConfiguration {
    func retention(_ fileSystem: any FileSystem) -> LogRetention {
        LogRetention(
            policy: CompactionPolicy(keptSegments: keptSegments, keptTime: UInt64(keptDays * 86_400_000_000)),
            archive: archive.map { Archive(fileSystem, directory: $0) })
    }

    var scrubPeriod: TimeAmount? {
        scrubHours > 0 ? .milliseconds(Int64((scrubHours * 3_600_000).rounded())) : nil
    }

    var driver: DriverConfiguration {
        var driver = DriverConfiguration(node: node, members: members)
        driver.isBootstrapping = isBootstrapping
        driver.asksForVote = isReadmitted
        driver.restartsStrictly = restartsStrictly
        driver.requestTicks = max(1, requestTimeoutMilliseconds * 1_000 / Int(driver.tickInterval))
        // A command is sent again well before its time is over, however short that is.
        driver.resendTicks = max(1, min(driver.resendTicks, driver.requestTicks / 3))
        driver.mostRequests = mostRequests
        driver.compacts = compacts
        return driver
    }
}
