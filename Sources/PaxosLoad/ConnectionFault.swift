// What goes wrong between a client and a node, in few words and few kinds, so that a report can count them.

import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

enum ConnectionFault {
    static let closed = "connection closed"
    static let notInTime = "no connection in time"
    static let tooLong = "an answer longer than any value"

    static func reason(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(of: first.error) }
            return "the host has no address"
        case let error as IOError: return String(cString: strerror(error.errnoCode)).lowercased()
        case ChannelError.connectTimeout: return notInTime
        case is HTTPParserError: return "an answer that is not HTTP"
        default: return "\(error)"
        }
    }
}
