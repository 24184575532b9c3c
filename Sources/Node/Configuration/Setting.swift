// The settings by name: how each is called as a flag, in the environment and in a file, and what holds where nobody gave
// it. What a text means is read by NodeConfiguration.

enum Setting: String, CaseIterable, Sendable {
    case id
    case data
    case http
    case listen
    case peers
    case admin
    case bootstrap
    case readmission
    case strictRestart = "strict-restart"
    case scrub
    case compaction
    case keptSegments = "keep-segments"
    case keptDays = "keep-days"
    case archive
    case allowCrash = "allow-crash"
    case logLevel = "log-level"
    case requestTimeout = "request-timeout"
    case clientTimeout = "client-timeout"
    case mostConnections = "max-connections"
    case mostRequests = "max-requests"

    /// The file that gives settings, which is not itself one that a file could give.
    static let fileFlag = "--configuration"
    static let fileVariable = "PAXOS_CONFIGURATION"

    var flag: String { "--\(rawValue)" }

    var environmentVariable: String {
        "PAXOS_" + String(rawValue.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    /// What holds where nothing was given; nil where nothing does.
    var standard: String? {
        switch self {
        case .id, .data, .http, .listen, .peers, .admin, .archive: nil
        case .bootstrap, .strictRestart, .allowCrash: "false"
        case .readmission: "auto"
        case .scrub: "24"
        case .compaction: "auto"
        case .keptSegments: "4"
        case .keptDays: "0"
        case .logLevel: "info"
        case .requestTimeout: "5"
        case .clientTimeout: "30"
        case .mostConnections: "10000"
        case .mostRequests: "65536"
        }
    }
}

/// A setting's text, and the name under which it was given: what a complaint must name.
struct GivenText: Equatable, Sendable {
    var text: String
    var place: String
}
