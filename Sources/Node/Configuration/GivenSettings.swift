// The texts that settings have been given, from the sources in their order: flags, environment, file. What a text means
// is not read here.

import Configuration

struct GivenSettings: Sendable {
    private let sources: [Source]

    /// One place where settings stand, and what a setting is called there.
    private struct Source: Sendable {
        let provider: any ConfigProvider
        let place: @Sendable (Setting) -> String

        func text(of setting: Setting) -> GivenText? {
            ConfigReader(provider: provider).string(forKey: setting.key)
                .map { GivenText(text: $0, place: place(setting)) }
        }
    }

    /// An environment variable that is empty counts as not set, since that is how a container file passes on what nobody
    /// gave.
    init(flags: [Setting: String], environment: [String: String], file: SettingsFile? = nil) {
        let flags = Dictionary(
            uniqueKeysWithValues: flags.map { setting, text in
                (AbsoluteConfigKey(setting.key), ConfigValue(.string(text), isSecret: false))
            })
        let variables = environment.filter { !$0.value.isEmpty }
        var sources = [
            Source(provider: InMemoryProvider(values: flags)) { $0.flag },
            Source(
                provider: EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "paxos")
            ) { $0.environmentVariable },
        ]
        if let file { sources.append(Source(provider: file.provider) { "\(file.path): \"\($0.rawValue)\"" }) }
        self.sources = sources
    }

    /// What was given, by the first source that has it.
    subscript(setting: Setting) -> GivenText? {
        sources.lazy.compactMap { $0.text(of: setting) }.first
    }
}

extension GivenSettings {
    /// A setting, what it is, and where that was given.
    struct Row {
        var setting: Setting
        var text: String?
        var place: String
    }

    var rows: [Row] {
        Setting.allCases.map { setting in
            if let given = self[setting] { return Row(setting: setting, text: given.text, place: given.place) }
            let standard = setting.standard
            return Row(setting: setting, text: standard, place: standard == nil ? "not set" : "default")
        }
    }

    /// The rows as lines whose columns stand one below the other.
    var table: [String] {
        let names = rows.map { $0.setting.rawValue.count }.max() ?? 0
        let texts = rows.map { ($0.text ?? "-").count }.max() ?? 0
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: width - text.count + 2)
        }
        return rows.map { padded($0.setting.rawValue, names) + padded($0.text ?? "-", texts) + $0.place }
    }
}

extension Setting {
    fileprivate var key: ConfigKey { ConfigKey([rawValue]) }
}
