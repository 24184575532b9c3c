// Why bytes of a segment or a snapshot are not the part of it that should stand there.

package enum SegmentFault: Error, Equatable, Sendable {
    case truncated
    case wrongMagic
    case wrongChecksum
    case unsupportedVersion(UInt32)
    case unsupportedCodec(UInt8)
    case reservedBytesInUse
    case outOfBounds(String)
}

extension SegmentFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated: "the file ends within it"
        case .wrongMagic: "its first bytes are not the magic"
        case .wrongChecksum: "its checksum does not match"
        case .unsupportedVersion(let version): "version \(version) is not known here"
        case .unsupportedCodec(let codec): "codec \(codec) is not known here"
        case .reservedBytesInUse: "reserved bytes are not zero"
        case .outOfBounds(let what): "\(what) is out of bounds"
        }
    }
}
