// The settings by name, and the texts that the command line and the environment give them. Nothing is read into a text
// here.

enum Setting: String, CaseIterable, Sendable {
    case id
    case data
    case http
    case listen
    case peers
    case bootstrap
    case allowCrash = "allow-crash"
    case logLevel = "log-level"
    case requestTimeout = "request-timeout"

    var flag: String { "--\(rawValue)" }

    var environmentVariable: String {
        "PAXOS_" + String(rawValue.uppercased().map { $0 == "-" ? "_" : $0 })
    }
}

/// A setting's text, and the name under which it was given: what a complaint must name.
struct GivenText: Equatable, Sendable {
    var text: String
    var place: String
}

struct GivenSettings: Sendable {
    private var values: [Setting: GivenText] = [:]

    /// Flags win over the environment. An environment variable that is empty counts as not set, since that is how a
    /// container file passes on what nobody gave.
    init(flags: [Setting: String], environment: [String: String]) {
        for setting in Setting.allCases {
            if let text = flags[setting] {
                values[setting] = GivenText(text: text, place: setting.flag)
            } else if let text = environment[setting.environmentVariable], !text.isEmpty {
                values[setting] = GivenText(text: text, place: setting.environmentVariable)
            }
        }
    }

    subscript(setting: Setting) -> GivenText? { values[setting] }
}
