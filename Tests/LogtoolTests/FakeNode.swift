// A running node as logtool sees it, made of a folder in memory: it shows all that its log holds, and has applied what its
// journal knows to be chosen.

import Paxos
import PaxosLog
import Synchronization
import SystemPackage

@testable import logtool

final class FakeNode: NodeConnection {
    let url: NodeURL
    let fixture: FolderFixture
    let node: UInt16
    private struct State {
        var received = 0
        var questions: [String] = []
        /// What happens before a question is answered, by its number from 0 on.
        var before: [Int: @Sendable () throws(NodeFailure) -> Void] = [:]
    }
    private let state = Mutex(State())

    init(_ fixture: FolderFixture, _ node: UInt16) {
        self.fixture = fixture
        self.node = node
        guard let url = NodeURL("http://node\(node):8000") else { preconditionFailure("it is a URL") }
        self.url = url
    }

    var receivedBytes: Int { state.withLock { $0.received } }
    var questions: [String] { state.withLock { $0.questions } }

    func before(_ question: Int, _ body: @escaping @Sendable () throws(NodeFailure) -> Void) {
        state.withLock { $0.before[question] = body }
    }

    func get(_ path: String, range: Range<UInt64>?) throws(NodeFailure) -> NodeAnswer {
        let before = state.withLock { state in
            state.questions.append(path)
            return state.before[state.questions.count - 1]
        }
        try before?()
        let answer: NodeAnswer
        do {
            answer = try respond(path, range)
        } catch let failure as NodeFailure {
            throw failure
        } catch {
            throw .refused(status: 500, reason: "\(error)")
        }
        state.withLock { $0.received += answer.body.count }
        return answer
    }

    private var folder: FilePath { FilePath("/logs/n\(node)") }

    private func respond(_ path: String, _ range: Range<UInt64>?) throws -> NodeAnswer {
        let parts = path.split(separator: "?", maxSplits: 1)
        let query = Dictionary(
            uniqueKeysWithValues: (parts.count > 1 ? parts[1] : "").split(separator: "&").map { field in
                let words = field.split(separator: "=")
                return (String(words[0]), UInt64(words[1]) ?? 0)
            })
        switch parts[0] {
        case "/log/files": return NodeAnswer(body: Array(try listing().utf8))
        case "/log/block":
            let slot = Slot(query["slot"] ?? 0)
            guard case .block(let block)? = try fixture.log(node).reader.block(holding: slot) else {
                throw NodeFailure.refused(status: 404, reason: "no block")
            }
            let json =
                #"{"firstSlot":\#(block.slots.lowerBound),"lastSlot":\#(block.slots.upperBound),"chainDigest":"\#(block.header.chainDigest)"}"#
            return NodeAnswer(body: Array(json.utf8))
        case "/log/entries/encoded":
            let (body, last) = try entries(from: query["from"] ?? 1, limit: Int(query["limit"] ?? 20))
            return NodeAnswer(body: body, slot: last)
        case "/log/entries/digest":
            let (from, to) = (query["from"] ?? 1, query["to"] ?? 1)
            let body = try entries(from: from, limit: Int(to - from + 1)).body
            let digest = body.withUnsafeBytes { ChainDigest.start.followed(by: $0) }
            return NodeAnswer(body: Array(#"{"from":\#(from),"to":\#(to),"digest":"\#(digest)"}"#.utf8))
        default: return try file(String(parts[0].dropFirst("/log/files/".count)), range)
        }
    }

    private func file(_ name: String, _ range: Range<UInt64>?) throws -> NodeAnswer {
        let place =
            name == Identity.fileName
            ? folder.appending(name)
            : folder.appending(name.hasSuffix("snapshot") ? "snapshots" : "log").appending(name)
        guard let contents = fixture.fileSystem.contents(of: place) else {
            throw NodeFailure.refused(status: 410, reason: "the log of this node begins with another slot")
        }
        guard let range else { return NodeAnswer(body: contents) }
        return NodeAnswer(body: Array(contents[Int(range.lowerBound)..<min(Int(range.upperBound), contents.count)]))
    }

    private func listing() throws -> String {
        let log = try ChosenLog.open(
            fixture.fileSystem, directory: folder.appending("log"), base: fixture.log(node).base)
        let segments = try fixture.log(node).reader.summaries(of: log.durable).map { segment in
            let contents = segment.contents
            return """
                {"name":"\(segment.name)","firstSlot":\(segment.name.firstSlot),"bytes":\(segment.bytes),"sealed":\
                \(segment.isSealed),"lastSlot":\(contents?.lastSlot ?? .zero),"blocks":\(contents?.blocks ?? 0),"rawBytes":\
                \(contents?.rawBytes ?? 0),"chainDigest":"\(contents?.chainDigest ?? .start)"}
                """
        }
        let last = try entries(from: log.through.rawValue + 1, limit: 0).last
        return """
            {"node":"n\(node)","logThrough":\(log.through),"appliedThrough":\(last),"segments":[\
            \(segments.joined(separator: ","))],"next":null,"snapshots":[]}
            """
    }

    /// Entries that the log or the journal holds, and the last of all.
    private func entries(from first: UInt64, limit: Int) throws -> (body: [UInt8], last: UInt64) {
        let log = try fixture.log(node)
        if try Slot(first) < log.firstSlot() {
            throw NodeFailure.refused(
                status: 410, reason: "the log of this node begins with slot \(try log.firstSlot())")
        }
        var (body, last, count) = ([UInt8](), UInt64(0), 0)
        try log.read(log.firstSlot()...SlotArgument.last, .forwards) { event in
            guard case .entry(let entry) = event, entry.state == .chosen else { return true }
            last = entry.view.slot.rawValue
            if last >= first, count < limit {
                body += entry.bytes[(entry.view.payload.lowerBound - Entry.headerLength)..<entry.view.end]
                count += 1
            }
            return true
        }
        return (body, last)
    }
}
