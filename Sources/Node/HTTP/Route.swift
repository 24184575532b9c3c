// Which of the routes a request asks for, by the raw path: a router that decodes before it splits would cut keys at %2F.

import Hummingbird

enum Route: Equatable, Sendable {
    case set
    case get(key: [UInt8], Consistency)
    case delete(key: [UInt8])
    /// The key is in the body.
    case deleteByBody
    case noOp
    case crash
    case print(name: String)
    case status
    case health
    /// For people, who may have come by a browser or without.
    case root
    case cluster

    enum Consistency: String, Sendable {
        case linearizable
        case local
    }

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
        let query = parts.count > 1 ? parts[1] : ""
        guard path.first == "/" else { throw .noRoute(path) }
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        // A fixed route may end in a slash. One behind a key is a segment more, and so no route.
        if segments.last == "", method != .delete, Route.fixed.contains(Array(segments.dropLast())) {
            segments.removeLast()
        }
        self = try Route.find(segments, method: method, path: path, query: query)
    }

    private static let fixed: Set<[Substring]> = [
        ["store", "set"], ["store", "delete"], ["store", "nop"], ["crash"], ["status"], ["health"], ["cluster"],
    ]

    private static func find(
        _ segments: [Substring], method: HTTPRequest.Method, path: Substring, query: Substring
    ) throws(HTTPFailure) -> Route {
        let first = segments.first ?? ""
        let second = segments.count > 1 ? segments[1] : ""
        switch (first, second, segments.count) {
        case ("store", "set", 2) where method != .delete: return try only([.post], method, .set)
        case ("store", "delete", 2) where method != .delete: return try only([.post], method, .deleteByBody)
        case ("store", "nop", 2) where method != .delete: return try only([.get, .post], method, .noOp)
        case ("store", "get", 2) where method != .delete: throw .badRequest("the key is missing: /store/get/KEY")
        case ("store", "get", 3):
            try check(method, among: [.get])
            return .get(key: try key(segments[2]), try consistency(query))
        case ("store", _, 2):
            try check(method, among: [.delete])
            return .delete(key: try key(second))
        case ("crash", _, 1): return try only([.get, .post], method, .crash)
        case ("status", _, 1): return try only([.get], method, .status)
        case ("health", _, 1): return try only([.get], method, .health)
        case ("cluster", _, 1): return try only([.get], method, .cluster)
        case ("", _, 1): return try only([.get], method, .root)
        case ("log", "print", 2): throw .badRequest("the name is missing: /log/print/NAME")
        case ("log", "print", 3):
            try check(method, among: [.get])
            guard let bytes = PercentEncoding.decode(segments[2].utf8),
                let name = PrintName.check(String(decoding: bytes, as: UTF8.self))
            else { throw .badRequest(PrintName.rule) }
            return .print(name: name)
        default: throw .noRoute(path)
        }
    }

    private static func only(
        _ methods: [HTTPRequest.Method], _ method: HTTPRequest.Method, _ route: Route
    ) throws(HTTPFailure) -> Route {
        try check(method, among: methods)
        return route
    }

    private static func check(
        _ method: HTTPRequest.Method, among methods: [HTTPRequest.Method]
    ) throws(HTTPFailure) {
        guard !methods.contains(method) else { return }
        let allow = methods.map(\.rawValue).joined(separator: ", ")
        throw HTTPFailure(
            .methodNotAllowed, "method not allowed", "this route takes \(allow), not \(method.rawValue.prefix(40))",
            allow: allow)
    }

    private static func key(_ segment: Substring) throws(HTTPFailure) -> [UInt8] {
        guard let key = PercentEncoding.decode(segment.utf8) else {
            throw .badRequest("the key in the path has a % that two hexadecimal digits do not follow")
        }
        return key
    }

    private static func consistency(_ query: Substring) throws(HTTPFailure) -> Consistency {
        for item in query.split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair[0] == "consistency" else { continue }
            guard pair.count == 2, let consistency = Consistency(rawValue: String(pair[1])) else {
                throw .badRequest("consistency is linearizable or local")
            }
            return consistency
        }
        return .linearizable
    }
}
