import Foundation
import Paxos
import PaxosLog
import SystemPackage
import Testing

extension EndToEnd {
    /// `logtool` as a shell and a terminal run it.
    @Suite(.serialized) struct LogtoolRuns {
        @Test(arguments: [["info"], ["print"], ["verify"], ["diff"], ["tail", "--from", "1"]])
        func brokenPipeEndsItQuietly(words: [String]) async throws {
            try await withFolders { folders in
                // The loop ends when nobody reads the pipe any more.
                let script = """
                    { (trap '' PIPE; while printf .; do sleep 0.01; done) 2>/dev/null
                      "$0" "$@"; echo "status $?" >&2; } | true
                    """
                let takesOne = ["print", "tail"].contains(words[0])
                let arguments = words + (takesOne ? [folders[0]] : folders)
                let run = try await FinishedRun("/bin/bash", ["-c", script, Programs.logtool] + arguments)
                #expect(run.lines == ["status 0"])
            }
        }

        @Test func colourIsForATerminalAlone() async throws {
            try await withFolders { folders in
                func run(_ setting: String) async throws -> String {
                    let command = "env -u NO_COLOR TERM=xterm \(setting) '\(Programs.logtool)' verify '\(folders[0])'"
                    return try await FinishedRun("/usr/bin/script", ["-qec", command, "/dev/null"]).output
                }
                let painted = try await run("")
                #expect(painted.contains("n0: \u{1B}[32mclean\u{1B}[0m: chosen"), "\(painted)")
                #expect(try await !run("NO_COLOR=1").contains("\u{1B}"))
                let plain = try await logtool("verify", folders[0])
                #expect(plain.ending == .exit(0))
                #expect(!plain.output.contains("\u{1B}"))
            }
        }

        @Test(arguments: ["bash", "zsh", "fish"]) func completionsAreMade(shell: String) async throws {
            let made = try await logtool("--generate-completion-script", shell)
            #expect(made.ending == .exit(0))
            #expect(made.output.contains("verify") && made.output.contains("since"))
        }

        @Test func segmentFileIsPrintedFromItsEnd() async throws {
            try await withFolders { folders in
                let name = SegmentName(firstSlot: .first)
                let printed = try await logtool("print", "\(folders[0])/log/\(name)", "--reverse", "--limit", "2")
                let end = try await logtool("print", folders[0], "--from", "19999")
                #expect(printed.ending == .exit(0))
                #expect(printed.lines.count == 2 && printed.lines[0].hasSuffix(" chosen noop"), "\(printed.output)")
                #expect(end.ending == .exit(0))
                let ambiguous = try await logtool("print", folders[0], "--since", "1795575600")
                #expect(ambiguous.ending == .exit(64))
                #expect(ambiguous.output.contains("2026-11-25T03:00:00Z"), "\(ambiguous.output)")
            }
        }

        /// Two folders with the same log of 20,000 no-ops, more than a pipe holds when it is printed.
        private func withFolders(_ body: ([String]) async throws -> Void) async throws {
            let place = FileManager.default.temporaryDirectory.appendingPathComponent("logtool-\(UUID().uuidString)")
                .path
            defer { try? FileManager.default.removeItem(atPath: place) }
            let folders = ["\(place)/n0", "\(place)/n1"]
            for (number, folder) in folders.enumerated() { try write(NodeID(UInt16(number)), FilePath(folder)) }
            try await body(folders)
        }

        private func write(_ node: NodeID, _ folder: FilePath) throws {
            let fileSystem = PosixFileSystem()
            let cluster = UniqueID(high: 1, low: 2)
            func journal(_ node: NodeID) -> UniqueID { UniqueID(high: 3, low: UInt64(node.rawValue)) }
            let members = (0..<2).map {
                Genesis.Member(node: NodeID($0), incarnation: .first, journal: journal(NodeID($0)))
            }
            var body = [UInt8]()
            for number in 1...20_000 {
                let isFirst = number == 1
                let genesis = Genesis(cluster: cluster, members: members, limits: .standard)
                Entry(
                    slot: Slot(UInt64(number)), kind: isFirst ? .genesis : .noOp, time: 1_700_000_000_000_000,
                    session: SessionID(node: NodeID(0), incarnation: .first, boot: 1), sequence: 0,
                    payload: isFirst ? genesis.encoded() : []
                ).encode(into: &body)
            }
            var log = try ChosenLog.open(fileSystem, directory: folder.appending("log"))
            var cutter = BlockCutter(limits: .standard, next: .first, segmentBytes: 0)
            try log.append(cutter.append(body: body, firstSlot: .first, count: 20_000))
            try Identity(node: node, cluster: cluster, incarnation: .first, boot: 1, journal: journal(node))
                .write(fileSystem, folder)
        }
    }
}
