import Testing

@testable import Torture

@Suite struct AnswerTests {
    private func answer(_ text: String) -> HTTPGet.Answer? { HTTPGet.Answer(Array(text.utf8)) }

    @Test func wholeAnswerIsRead() {
        #expect(
            answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab") == .init(status: 200, body: Array("ab".utf8)))
        #expect(answer("HTTP/1.1 404 Not Found\r\n\r\n") == .init(status: 404, body: []))
    }

    @Test func halfAnAnswerIsNone() {
        #expect(answer("") == nil)
        #expect(answer("HTTP/1.1 200 OK\r\nContent-Le") == nil)
        #expect(answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab") == nil)
    }
}
