// Reads the bodies of requests, within bounds: how long one may be, and how much memory all that are being received may
// take together, however many connections there are.

import HTTPTypes
import Hummingbird
import NIOCore
import StateMachine
import Synchronization

final class BodyReader: Sendable {
    /// The most bytes of a body of JSON: the longest key and value with every byte escaped, and some room.
    static let longestJSON = 6 * (Command.longestKey + Command.longestValue) + (64 << 10)

    private let used = Atomic<Int>(0)
    /// The most bytes of all bodies together.
    let mostBytes: Int

    init(mostBytes: Int = 256 << 20) {
        self.mostBytes = mostBytes
    }

    var usedBytes: Int { used.load(ordering: .relaxed) }

    /// - Parameter willContinue: called before a body is read whose client waits to be told that it is welcome.
    /// - Throws: `HTTPFailure` with status 413 or 503, and whatever the connection throws.
    func read(
        _ request: Hummingbird.Request, most: Int, _ willContinue: () async throws -> Void
    ) async throws -> [UInt8] {
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        if let declared, declared > most {
            throw HTTPFailure.tooLarge("a body of \(declared) bytes is longer than \(most)")
        }
        // One whose length is not declared may turn out to be as long as any.
        let reserved = request.headers[.transferEncoding] == nil ? declared ?? 0 : most
        guard reserve(reserved) else {
            throw HTTPFailure.overloaded("too many bytes of requests are under way on this node; nothing was done")
        }
        defer { release(reserved) }
        if request.headers[.expect]?.lowercased() == "100-continue" { try await willContinue() }
        var bytes: [UInt8] = []
        for try await part in request.body {
            guard bytes.count + part.readableBytes <= most else {
                throw HTTPFailure.tooLarge("the body is longer than \(most) bytes")
            }
            bytes += part.readableBytesView
        }
        return bytes
    }

    func reserve(_ bytes: Int) -> Bool {
        guard used.add(bytes, ordering: .relaxed).newValue <= mostBytes else {
            release(bytes)
            return false
        }
        return true
    }

    func release(_ bytes: Int) {
        used.subtract(bytes, ordering: .relaxed)
    }
}
