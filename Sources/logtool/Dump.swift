// `logtool dump`: all keys and values as they were at a moment.

import ArgumentParser
import StateMachine

struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show all keys as they were then.",
        discussion: """
            A line a key, in the order of their bytes, as get shows one; `logtool help get` says what --at means, and what
            is told where the log does not prove the state.

            Example: logtool dump --at 4711 paxos_logs/n0
            """)

    @OptionGroup var state: PastStateOptions

    @Option(help: "How to print.")
    var format = Format.text

    func run() throws {
        let past = try state.read()
        var output = Output()
        for (key, stored) in past.store.sortedKeys() { output.show(KeyObject(key: key, stored: stored), format) }
        output.show(past.summary, format)
    }
}
