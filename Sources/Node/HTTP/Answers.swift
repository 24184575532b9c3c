// The shapes of answers: status, headers and body. No answer is made up here.

import HTTPTypes
import Hummingbird
import NIOCore
import Paxos
import StateMachine

enum Answers {
    static let paxosSlot = headerName("Paxos-Slot")
    static let retryAfter = headerName("Retry-After")
    private static let jsonType = "application/json"
    /// A shorter body is not worth compressing.
    private static let leastCompressed = 1_024

    private static func headerName(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) can't be a header's name") }
        return name
    }

    /// `{"slot": n}`, the answer to most requests.
    static func slot(_ slot: Slot) -> Response {
        let number = String(slot.rawValue)
        var body = ByteBuffer()
        body.reserveCapacity(number.utf8.count + 10)
        body.writeStaticString("{\"slot\":")
        body.writeString(number)
        body.writeStaticString("}")
        var headers = HTTPFields()
        headers[.contentType] = jsonType
        headers[paxosSlot] = number
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    static func json(_ status: HTTPResponse.Status, _ value: JSONValue, slot: Slot? = nil) -> Response {
        var body = ByteBuffer()
        value.write(to: &body)
        var headers = HTTPFields()
        headers[.contentType] = jsonType
        headers[paxosSlot] = slot.map { "\($0)" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    static func text(_ text: String) -> Response {
        let headers: HTTPFields = [.contentType: "text/plain; charset=utf-8", .vary: "Accept"]
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func failure(_ failure: HTTPFailure, slot: Slot? = nil) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = jsonType
        headers[paxosSlot] = slot.map { "\($0)" }
        headers[retryAfter] = failure.retryAfter.map { "\($0)" }
        headers[.allow] = failure.allow
        return Response(status: failure.status, headers: headers, body: ResponseBody(byteBuffer: failure.body))
    }

    // MARK: Documents

    static func document(_ value: JSONValue, for asking: HTTPFields) -> Response {
        var body = ByteBuffer()
        value.write(to: &body)
        return document(body, type: jsonType, for: asking)
    }

    /// What the node tells of itself: compressed where the client takes that, and never kept by anybody on the way.
    static func document(_ body: ByteBuffer, type: String, for asking: HTTPFields) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        guard body.readableBytes >= leastCompressed else {
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
        }
        headers[.vary] = "Accept-Encoding"
        guard Gzip.isAccepted(by: asking) else {
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
        }
        headers[.contentEncoding] = "gzip"
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: Gzip().compress(body, isLast: true)))
    }

    /// A document that is made while it is sent. When it can't be made to its end, the connection is closed in the
    /// middle, so that nobody takes the part for the whole.
    static func stream(_ pieces: DocumentPieces, type: String) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        headers[.vary] = "Accept-Encoding"
        headers[.contentEncoding] = pieces.isCompressed ? "gzip" : nil
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                while let piece = try await pieces.next() { try await writer.write(piece) }
                try await writer.finish(nil)
            })
    }

    // MARK: Values

    /// A value as it is stored, or the part of it that was asked for. Its entity tag is the slot that wrote it.
    static func bytes(_ stored: StoredValue, slot: Slot, for asking: HTTPFields) -> Response {
        let tag = "\"\(stored.modified)\""
        var headers = HTTPFields()
        headers[.eTag] = tag
        headers[paxosSlot] = "\(slot)"
        if let known = asking[.ifNoneMatch], isListed(tag, in: known) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = "application/octet-stream"
        let (status, part) = part(of: stored.value.count, tag: tag, for: asking, &headers)
        return Response(
            status: status, headers: headers,
            body: ResponseBody(
                byteBuffer: part == 0..<stored.value.count
                    ? ByteBuffer(bytes: stored.value) : ByteBuffer(bytes: stored.value[part])))
    }

    /// Which part of so many bytes is asked for; empty when there is no such part.
    /// - Parameter tag: the entity tag; nil for what has none, of which no part is given under a condition.
    private static func part(
        of length: Int, tag: String?, for asking: HTTPFields, _ headers: inout HTTPFields
    ) -> (HTTPResponse.Status, Range<Int>) {
        headers[.acceptRanges] = "bytes"
        let range = asking[.range].flatMap { range in
            asking[.ifRange].map { $0 == tag } ?? true ? ByteRange(range, length: length) : nil
        }
        switch range ?? .whole {
        case .whole: return (.ok, 0..<length)
        case .part(let part):
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(length)"
            return (.partialContent, part)
        case .unsatisfiable:
            headers[.contentRange] = "bytes */\(length)"
            return (.rangeNotSatisfiable, 0..<0)
        }
    }

    // MARK: Files

    /// A file, or the part of it that was asked for. When it can't be read to its end, the connection is closed in the
    /// middle.
    static func file(_ contents: FileContents, for asking: HTTPFields) -> Response {
        var headers: HTTPFields = [.contentType: "application/octet-stream", .cacheControl: "no-store"]
        let (status, part) = part(of: contents.size, tag: nil, for: asking, &headers)
        return Response(
            status: status, headers: headers,
            body: ResponseBody(contentLength: part.count) { writer in
                var next = part.lowerBound
                while next < part.upperBound {
                    let piece = try await contents.read(next..<part.upperBound)
                    guard piece.readableBytes > 0 else { throw FileCutShort() }
                    next += piece.readableBytes
                    try await writer.write(piece)
                }
                try await writer.finish(nil)
            })
    }

    /// Whole entries, as the log has them.
    static func encoded(_ entries: EncodedEntries) -> Response {
        var headers: HTTPFields = [.contentType: "application/octet-stream", .cacheControl: "no-store"]
        headers[paxosSlot] = "\(entries.appliedThrough)"
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: entries.bytes)))
    }

    private static func isListed(_ tag: String, in header: String) -> Bool {
        header.split(separator: ",").contains { item in
            let item = item.filter { $0 != " " }
            return item == "*" || item == tag || item == "W/\(tag)"
        }
    }

    /// Whether a client asks for JSON by name; `*/*` is content with bytes.
    static func wantsJSON(_ headers: HTTPFields) -> Bool {
        headers[.accept].map { HeaderList($0).accepts(jsonType) } ?? false
    }

    /// Whether a client is a browser, or says that it wants what one does.
    static func wantsHTML(_ headers: HTTPFields) -> Bool {
        headers[.accept].map { HeaderList($0).accepts("text/html") } ?? false
    }
}

/// A document in pieces, made when they are asked for, one after the other.
struct DocumentPieces: Sendable {
    let isCompressed: Bool
    /// Nil at the end.
    let next: @Sendable () async throws -> ByteBuffer?
}

/// A file ended before the size that was told of it.
private struct FileCutShort: Error {}
