import Testing

extension EndToEnd {
    /// The check of histories can tell.
    @Suite struct Histories {
        private func operation(
            _ op: String, _ value: String?, _ start: Int64, _ end: Int64?, _ outcome: String = "ok"
        ) -> History.Operation {
            .init(client: 0, op: op, key: "k", value: value, start: start, end: end, outcome: outcome)
        }

        @Test func linearizableHistoriesHaveNoViolation() {
            let plain = [
                operation("get", nil, 0, 1), operation("set", "a", 2, 5), operation("get", "a", 3, 4),
                operation("set", "b", 6, 9), operation("get", "a", 7, 8), operation("get", "b", 7, 8),
                operation("get", "b", 10, 11),
            ]
            #expect(History(plain).violations == [])
            let unknown = [
                operation("set", "a", 0, 1), operation("set", "b", 2, nil, "unknown"), operation("get", "a", 3, 4),
                operation("get", "b", 5, 6), operation("set", "c", 7, nil, "unknown"), operation("get", "b", 8, 9),
                operation("set", "d", 8, 9, "fail"),
            ]
            #expect(History(unknown).violations == [])
        }

        @Test func staleAndImpossibleReadsAreFound() {
            let write = operation("set", "a", 0, 1)
            let histories = [
                // An acknowledged write that is not there.
                [write, operation("get", nil, 2, 3)],
                // An older value after a newer one was acknowledged, or seen.
                [write, operation("set", "b", 2, 3), operation("get", "a", 4, 5)],
                [write, operation("set", "b", 2, 9), operation("get", "b", 3, 4), operation("get", "a", 5, 6)],
                // A value from nowhere, from the future, and from a write that was refused.
                [write, operation("get", "x", 2, 3)],
                [operation("get", "a", 0, 1), operation("set", "a", 2, 3)],
                [operation("set", "a", 0, 1, "fail"), operation("get", "a", 2, 3)],
                // A write that was overwritten, and comes back.
                [
                    write, operation("set", "b", 2, 3), operation("get", "b", 4, 5), operation("set", "c", 6, 7),
                    operation("get", "b", 8, 9),
                ],
            ]
            for (number, history) in histories.enumerated() {
                #expect(!History(history).violations.isEmpty, "history \(number)")
            }
        }
    }
}
