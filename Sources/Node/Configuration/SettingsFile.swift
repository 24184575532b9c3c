// Settings in a file: one JSON object, whose fields are named as the flags are. A field that no setting has is refused,
// since it is a setting that somebody believes to hold.

import Configuration
import FoundationEssentials
import SystemPackage

struct SettingsFile: Sendable {
    let path: FilePath
    let provider: FileProvider<SettingsSnapshot>

    init(reading path: FilePath) async throws(StartFailure) {
        self.path = path
        do {
            provider = try await FileProvider(snapshotType: SettingsSnapshot.self, filePath: path)
        } catch let error as SettingsFileError {
            throw .usage("\(Setting.fileFlag) \(path): \(error.reason)")
        } catch {
            throw .usage("\(Setting.fileFlag) \(path) can't be read: \(error)")
        }
    }
}

enum SettingsFileError: Error, Equatable {
    case notAnObject(String)
    case unknownSetting(String)
    case notAText(String)

    var reason: String {
        switch self {
        case .notAnObject(let reason): "it is not a JSON object such as {\"id\": \"n0\"}: \(reason)"
        case .unknownSetting(let name):
            "there is no setting \"\(name)\"; there are \(Setting.allCases.map(\.rawValue).joined(separator: ", "))"
        case .notAText(let name): "\"\(name)\" must be a string, a number or a boolean (or, for peers, an object)"
        }
    }
}

/// What such a file says, every value as the text that a flag would have.
struct SettingsSnapshot: FileConfigSnapshot {
    struct ParsingOptions: FileParsingOptions {
        static let `default` = ParsingOptions()
    }

    let providerName: String
    private let texts: [String: String]

    init(data: RawSpan, providerName: String, parsingOptions: ParsingOptions) throws {
        self.providerName = providerName
        let fields: [String: Field]
        do {
            fields = try JSONDecoder().decode([String: Field].self, from: data.withUnsafeBytes { Data($0) })
        } catch DecodingError.dataCorrupted(let context) {
            throw SettingsFileError.notAnObject(context.underlyingError.map { "\($0)" } ?? context.debugDescription)
        } catch {
            throw SettingsFileError.notAnObject("another value stands there")
        }
        texts = try Dictionary(
            uniqueKeysWithValues: fields.map { name, field in
                guard let setting = Setting(rawValue: name) else { throw SettingsFileError.unknownSetting(name) }
                switch field {
                case .text(let text): return (name, text)
                case .members(let members) where setting == .peers:
                    return (name, members.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ","))
                case .members, .other: throw SettingsFileError.notAText(name)
                }
            })
    }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        let name = key.components.joined(separator: ".")
        return LookupResult(
            encodedKey: name, value: texts[name].map { ConfigValue(.string($0), isSecret: false) })
    }

    var description: String { "\(providerName)[\(texts.count) settings]" }
    var debugDescription: String { description }

    private enum Field: Decodable {
        case text(String)
        case members([String: String])
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .text("\(flag)")
            } else if let number = try? container.decode(Int.self) {
                self = .text("\(number)")
            } else if let number = try? container.decode(Double.self) {
                self = .text("\(number)")
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let members = try? container.decode([String: String].self) {
                self = .members(members)
            } else {
                self = .other
            }
        }
    }
}
