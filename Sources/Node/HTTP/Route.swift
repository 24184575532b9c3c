// Which of the routes a request asks for, by the raw path: a router that decodes before it splits would cut keys at %2F.

import Hummingbird
import Paxos
import PaxosLog

enum Route: Equatable, Sendable {
    /// Key and value are in the body.
    case set
    case setInPath(key: [UInt8], value: [UInt8])
    /// The value is the body.
    case put(key: [UInt8])
    case get(key: [UInt8], Consistency)
    case delete(key: [UInt8])
    /// The key is in the body.
    case deleteByBody
    case noOp
    /// From the first that there is, where no slot is named.
    case entries(from: Slot?, limit: Int?)
    /// The same as the log has them, in one piece.
    case encodedEntries(from: Slot, limit: Int?)
    /// A digest of these entries.
    case entriesDigest(ClosedRange<Slot>)
    /// The block of the log that holds a slot.
    case block(holding: Slot)
    /// What there is of log and snapshots, from the segment that holds the slot on.
    case files(from: Slot)
    case file(NodeFile)
    case status
    case health
    case metrics
    case print(name: String)
    case crash
    case configuration
    /// Take a snapshot of the state, on every node.
    case snapshot
    /// Drop what this node's snapshots stand for.
    case compact
    /// For people, who may have come by a browser or without.
    case root
    case cluster

    enum Consistency: String, Sendable {
        case linearizable
        case local
    }

    /// The name under which requests are counted.
    var name: StaticString {
        switch self {
        case .set: "set"
        case .setInPath: "set_in_path"
        case .put: "put"
        case .get: "get"
        case .delete, .deleteByBody: "delete"
        case .noOp: "nop"
        case .entries, .encodedEntries, .entriesDigest: "entries"
        case .block: "block"
        case .files: "files"
        case .file: "file"
        case .status: "status"
        case .health: "health"
        case .metrics: "metrics"
        case .root: "root"
        case .cluster: "cluster"
        case .print: "print"
        case .crash: "crash"
        case .configuration: "configuration"
        case .snapshot: "snapshot"
        case .compact: "compact"
        }
    }

    /// Where a route is served: to clients, to those who run the node, or to both.
    var audience: Set<Audience> {
        switch self {
        case .print, .crash, .configuration, .snapshot, .compact, .block, .files, .file: [.operators]
        case .status, .health, .metrics, .entries, .encodedEntries, .entriesDigest: [.clients, .operators]
        default: [.clients]
        }
    }

    /// - Parameter audiences: whom an address serves.
    func check(_ audiences: Set<Audience>) throws(HTTPFailure) {
        guard !audiences.isDisjoint(with: audience) else {
            throw HTTPFailure(.notFound, "not found", "this route is served at another address of the node (--admin)")
        }
    }

    /// Whether it is one of clients that use the store, and not of those who look at the node.
    var isOfStore: Bool {
        switch self {
        case .set, .setInPath, .put, .get, .delete, .deleteByBody, .noOp: true
        default: false
        }
    }

    enum Audience: Sendable {
        case clients
        case operators
    }
}

extension Route {
    /// No log has a later one.
    static let lastSlot = Slot(UInt64(Int64.max))

    /// - Parameter target: the request's target as it came, with its query.
    init(method: HTTPRequest.Method, target: String) throws(HTTPFailure) {
        // The fixed path of the busiest route, before anything is taken apart.
        if method == .post, target == "/store/set" {
            self = .set
            return
        }
        // A byte that is not UTF-8 has become this character on the way here, and could not be told from others.
        guard !target.unicodeScalars.contains("\u{FFFD}") else {
            throw .badRequest("the path is not UTF-8: percent-encode other bytes")
        }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.first ?? ""
        guard path.first == "/" else { throw .noRoute(path) }
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        // A fixed route may end in a slash. One behind a key is a segment more, and so no route.
        if segments.last == "", !Route.takesKey(method), Route.fixed.contains(Array(segments.dropLast())) {
            segments.removeLast()
        }
        let question = Question(
            method: method, path: path, segments: segments, query: Query(parts.count > 1 ? parts[1] : ""))
        self = segments.first == "store" ? try Route.store(question) : try Route.other(question)
    }

    private static let fixed: Set<[Substring]> = [
        ["store", "set"], ["store", "delete"], ["store", "nop"], ["log", "entries"], ["crash"], ["status"], ["health"],
        ["log", "entries", "encoded"], ["log", "entries", "digest"], ["log", "block"], ["log", "files"],
        ["metrics"], ["cluster"], ["admin", "configuration"], ["admin", "snapshot"], ["admin", "compact"],
    ]

    /// Whether what stands behind /store/ is a key, whatever it looks like.
    private static func takesKey(_ method: HTTPRequest.Method) -> Bool { method == .delete || method == .put }

    private static func store(_ question: Question) throws(HTTPFailure) -> Route {
        let segments = question.segments
        if takesKey(question.method), segments.count == 2 {
            let key = try question.bytes(1, "key")
            return question.method == .put ? .put(key: key) : .delete(key: key)
        }
        switch (segments.count > 1 ? segments[1] : "", segments.count) {
        case ("set", 2): return try question.only([.post], .set)
        case ("set", 4):
            try question.check([.get, .post])
            return .setInPath(key: try question.bytes(2, "key"), value: try question.bytes(3, "value"))
        case ("delete", 2): return try question.only([.post], .deleteByBody)
        case ("nop", 2): return try question.only([.get, .post], .noOp)
        case ("get", 2): throw .badRequest("the key is missing: /store/get/KEY")
        case ("get", 3):
            try question.check([.get, .head])
            return .get(key: try question.bytes(2, "key"), try question.query.consistency())
        case (_, 2): throw question.refusal(of: [.put, .delete])
        default: throw .noRoute(question.path)
        }
    }

    private static func other(_ question: Question) throws(HTTPFailure) -> Route {
        switch question.segments {
        case ["status"]: return try question.only([.get, .head], .status)
        case ["health"]: return try question.only([.get, .head], .health)
        case [""]: return try question.only([.get, .head], .root)
        case ["cluster"]: return try question.only([.get, .head], .cluster)
        case ["metrics"]: return try question.only([.get, .head], .metrics)
        case ["crash"]: return try question.only([.get, .post], .crash)
        case ["admin", "configuration"]: return try question.only([.get, .head], .configuration)
        case ["admin", "snapshot"]: return try question.only([.post], .snapshot)
        case ["admin", "compact"]: return try question.only([.post], .compact)
        case ["log", "entries"]:
            try question.check([.get, .head])
            return .entries(from: try question.query.slot("from"), limit: try question.query.count("limit"))
        case ["log", "entries", "encoded"]:
            try question.check([.get, .head])
            return .encodedEntries(
                from: try question.query.slot("from") ?? .first, limit: try question.query.count("limit"))
        case ["log", "entries", "digest"]:
            try question.check([.get, .head])
            return .entriesDigest(try question.query.slots())
        case ["log", "block"]:
            try question.check([.get, .head])
            return .block(holding: try question.query.slot("slot") ?? .first)
        case ["log", "files"]:
            try question.check([.get, .head])
            return .files(from: try question.query.slot("from") ?? .first)
        case _ where question.segments.count == 3 && question.segments.starts(with: ["log", "files"]):
            try question.check([.get, .head])
            guard let file = NodeFile(String(decoding: try question.bytes(2, "name"), as: UTF8.self)) else {
                throw HTTPFailure(
                    .notFound, "not found", "a name is that of a segment, of a snapshot, or \(Identity.fileName)")
            }
            return .file(file)
        case ["log", "print"]: throw .badRequest("the name is missing: /log/print/NAME")
        case _ where question.segments.count == 3 && question.segments.starts(with: ["log", "print"]):
            try question.check([.get])
            guard let name = PrintName.check(String(decoding: try question.bytes(2, "name"), as: UTF8.self)) else {
                throw .badRequest(PrintName.rule)
            }
            return .print(name: name)
        default: throw .noRoute(question.path)
        }
    }
}

/// A request as far as its route goes by it.
private struct Question {
    let method: HTTPRequest.Method
    let path: Substring
    let segments: [Substring]
    let query: Query

    func only(_ methods: [HTTPRequest.Method], _ route: Route) throws(HTTPFailure) -> Route {
        try check(methods)
        return route
    }

    func check(_ methods: [HTTPRequest.Method]) throws(HTTPFailure) {
        if !methods.contains(method) { throw refusal(of: methods) }
    }

    func refusal(of methods: [HTTPRequest.Method]) -> HTTPFailure {
        let allow = methods.map(\.rawValue).joined(separator: ", ")
        return HTTPFailure(
            .methodNotAllowed, "method not allowed", "this route takes \(allow), not \(method.rawValue.prefix(40))",
            allow: allow)
    }

    /// What a segment of the path stands for.
    func bytes(_ segment: Int, _ what: String) throws(HTTPFailure) -> [UInt8] {
        guard let bytes = PercentEncoding.decode(segments[segment].utf8) else {
            throw .badRequest("the \(what) in the path has a % that two hexadecimal digits do not follow")
        }
        return bytes
    }
}

/// The fields behind the question mark. Those that no route knows are passed over.
private struct Query {
    private let fields: [Substring]

    init(_ text: Substring) {
        fields = text.split(separator: "&")
    }

    private func value(of name: String) -> Substring? {
        fields.first { $0.prefix { $0 != "=" } == name }.map { $0.dropFirst(name.count + 1) }
    }

    func consistency() throws(HTTPFailure) -> Route.Consistency {
        guard let text = value(of: "consistency") else { return .linearizable }
        guard let consistency = Route.Consistency(rawValue: String(text)) else {
            throw .badRequest("consistency is linearizable or local")
        }
        return consistency
    }

    func slot(_ name: String) throws(HTTPFailure) -> Slot? {
        guard let text = value(of: name) else { return nil }
        guard let number = UInt64(text), number > 0, number < UInt64(Int64.max) else {
            throw .badRequest("\(name) is a slot: a number from 1 on")
        }
        return Slot(number)
    }

    /// Those from `from` through `to`.
    func slots() throws(HTTPFailure) -> ClosedRange<Slot> {
        guard let first = try slot("from"), let last = try slot("to"), first <= last else {
            throw .badRequest("from and to are slots, the first no later than the last")
        }
        return first...last
    }

    func count(_ name: String) throws(HTTPFailure) -> Int? {
        guard let text = value(of: name) else { return nil }
        guard let number = Int(text), number >= 0 else { throw .badRequest("\(name) is a number from 0 on") }
        return number
    }
}
