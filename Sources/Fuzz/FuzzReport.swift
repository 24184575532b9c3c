// What fuzzing came to: a line for each target.

import Console
import Fuzzing

struct FuzzReport {
    private var table = Table([
        "target", "inputs", "decoded", "refused", "longest µs", "largest allocation", "most allocated",
    ])

    mutating func add(_ target: String, _ fields: FuzzProgress.Fields) {
        table.add([
            target, "\(fields.inputs)", "\(fields.decoded)", "\(fields.inputs - fields.decoded)",
            "\(fields.longestNanoseconds / 1000)", "\(fields.largestAllocation)", "\(fields.mostAllocated)",
        ])
    }

    var text: String { table.lines.joined(separator: "\n") }
}
