// `logtool get`: what a key held at a moment.

import ArgumentParser
import StateMachine

struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what a key held then.",
        discussion: """
            The log is replayed up to the moment. The line is `key value created modified`, in words as print writes them,
            with the slots that wrote the key when it was not there, and its value; there is none where the key was not
            there. Which slot that was, and the digest of the state then, is told on standard error, and with --format
            json in a last object.

            --at SLOT is the state behind that slot. --at TIME is the state behind the last entry whose effective time,
            which never steps back, is not later.

            A slot that is not chosen here, and one whose state the log does not prove, is not guessed at (exit 2);
            neither is what lies behind damage (exit 1).

            Example: logtool get --key user/7 --at 2026-11-25T03:00:00Z paxos_logs/n0
            """)

    @OptionGroup var state: PastStateOptions

    @OptionGroup var key: KeyOption

    @Option(help: "How to print.")
    var format = Format.text

    func run() throws {
        let past = try state.read()
        var output = Output()
        if let stored = past.store.value(for: key.bytes) {
            output.show(KeyObject(key: key.bytes, stored: stored), format)
        }
        output.show(past.summary, format)
    }
}
