// The status page: one file that is part of the program, and the headers that let it do nothing but what it is there
// for: run its own script, look as it does, and ask the node that it came from.

import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

struct StatusPage: Sendable {
    static let page = StatusPage(PackageResources.status_html)

    let html: ByteBuffer
    private let packed: ByteBuffer
    let headers: HTTPFields

    init(_ html: [UInt8]) {
        self.html = ByteBuffer(bytes: html)
        packed = Gzip().compress(self.html, isLast: true)
        let text = String(decoding: html, as: UTF8.self)
        var headers = HTTPFields()
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentSecurityPolicy] = [
            "default-src 'none'", "script-src \(StatusPage.source(of: "script", in: text))",
            "style-src \(StatusPage.source(of: "style", in: text))", "img-src data:", "connect-src 'self'",
            "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        ].joined(separator: "; ")
        headers[.xContentTypeOptions] = "nosniff"
        headers[.vary] = "Accept, Accept-Encoding"
        headers[.cacheControl] = "no-cache"
        headers[.eTag] = "\"\(Base64.encode(Array(SHA256.hash(data: html).prefix(12))))\""
        self.headers = headers
    }

    func response(for asking: HTTPFields) -> Response {
        if asking[.ifNoneMatch] == headers[.eTag] { return Response(status: .notModified, headers: headers) }
        guard Gzip.isAccepted(by: asking) else {
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: html))
        }
        var headers = headers
        headers[.contentEncoding] = "gzip"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: packed))
    }

    /// How a policy names the one element of this name, by what stands in it.
    private static func source(of element: String, in text: String) -> String {
        guard let start = text.firstRange(of: "<\(element)>"),
            let end = text[start.upperBound...].firstRange(of: "</\(element)>")
        else { preconditionFailure("the status page has one \(element)") }
        let content = Array(text[start.upperBound..<end.lowerBound].utf8)
        return "'sha256-\(Base64.encode(Array(SHA256.hash(data: content))))'"
    }
}
