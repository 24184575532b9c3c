import Testing

@testable import PaxosLoad

@Suite struct OutcomeTests {
    private func outcome(_ kind: Request.Kind, _ status: Int, _ body: String = "", hasSlot: Bool = false) -> Outcome {
        Answer(status: status, hasSlot: hasSlot, body: Array(body.utf8)).outcome(of: kind)
    }

    private func error(_ word: String) -> String { #"{"error":"\#(word)","reason":"a sentence"}"# }

    @Test func okIsDone() {
        #expect(outcome(.set, 200, #"{"slot":1}"#, hasSlot: true) == .done(value: nil))
        #expect(outcome(.get, 200, "Ulm", hasSlot: true) == .done(value: "Ulm"))
    }

    @Test func absentKeyIsAnAnswerOnlyFromTheStore() {
        #expect(outcome(.get, 404, error("not found"), hasSlot: true) == .done(value: nil))
        #expect(outcome(.get, 404, error("not found")) == .refused("404 not found"))
        #expect(outcome(.set, 404, "<html>") == .refused("404"))
    }

    @Test(arguments: [
        (400, "bad request"), (403, "forbidden"), (405, "method not allowed"), (413, "too large"),
        (503, "unavailable"), (503, "overloaded"), (503, "stopping"), (507, "disk full"),
    ])
    func whatTheNodeRefusedWasNotDone(_ status: Int, _ word: String) {
        #expect(outcome(.set, status, error(word)) == .refused("\(status) \(word)"))
    }

    @Test func everythingElseIsUnknown() {
        #expect(outcome(.set, 503, error("outcome unknown")) == .unknown("503 outcome unknown"))
        #expect(outcome(.set, 503, "not JSON") == .unknown("503"))
        #expect(outcome(.set, 500, error("unavailable")) == .unknown("500 unavailable"))
        #expect(outcome(.set, 204) == .unknown("204"))
        #expect(outcome(.get, 503, error("a new word")) == .unknown("503 a new word"))
    }

    @Test func wordOfAnErrorIsMadeFitForATable() {
        let word = String(repeating: "x", count: 50)
        #expect(outcome(.set, 500, #"{"error":"a\nb\u001b\#(word)"}"#).failure?.utf8.count == 44)
    }
}
