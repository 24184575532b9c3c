// The shapes of answers: status, headers and body. No answer is made up here.

import HTTPTypes
import Hummingbird
import NIOCore
import Paxos

enum Answers {
    static let paxosSlot = headerName("Paxos-Slot")
    static let retryAfter = headerName("Retry-After")
    private static let jsonType = "application/json"

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

    static func json(
        _ status: HTTPResponse.Status, _ value: JSONValue, slot: Slot? = nil, headers: HTTPFields = HTTPFields()
    ) -> Response {
        var body = ByteBuffer()
        value.write(to: &body)
        var headers = headers
        headers[.contentType] = jsonType
        headers[paxosSlot] = slot.map { "\($0)" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// A value as it is stored.
    static func bytes(_ value: [UInt8], slot: Slot) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/octet-stream"
        headers[paxosSlot] = "\(slot)"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: value)))
    }

    static func text(_ text: String) -> Response {
        let headers: HTTPFields = [.contentType: "text/plain; charset=utf-8", .vary: "Accept"]
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static func failure(_ failure: HTTPFailure, slot: Slot? = nil) -> Response {
        var headers = HTTPFields()
        headers[retryAfter] = failure.retryAfter.map { "\($0)" }
        headers[.allow] = failure.allow
        return json(
            failure.status, .object([("error", .string(failure.error)), ("reason", .string(failure.reason))]),
            slot: slot, headers: headers)
    }

    /// Whether a client asks for JSON by name; `*/*` is content with bytes.
    static func wantsJSON(_ headers: HTTPFields) -> Bool { names(jsonType, headers) }

    /// Whether a client is a browser, or says that it wants what one does.
    static func wantsHTML(_ headers: HTTPFields) -> Bool { names("text/html", headers) }

    private static func names(_ type: String, _ headers: HTTPFields) -> Bool {
        guard let accept = headers[.accept] else { return false }
        return accept.split(separator: ",").contains { item in
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            let isRefused = parts.dropFirst().contains { $0 == "q=0" || $0 == "q=0.0" }
            return parts.first == type && !isRefused
        }
    }
}
