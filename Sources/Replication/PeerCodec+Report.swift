// A node's report within a message. Every length is bounded, and slots ascend, so that what is kept of a peer is small
// and can be searched.

import NIOCore
import Paxos
import PaxosLog
import StateMachine

extension DriverStatus.Role {
    /// As a report says it; never zero.
    fileprivate var number: UInt16 {
        switch self {
        case .forming: 1
        case .learner: 2
        case .follower: 3
        case .candidate: 4
        case .leader: 5
        }
    }

    fileprivate init?(number: UInt16) {
        switch number {
        case 1: self = .forming
        case 2: self = .learner
        case 3: self = .follower
        case 4: self = .candidate
        case 5: self = .leader
        default: return nil
        }
    }
}

extension ByteBuffer {
    mutating func write(_ report: NodeReport) {
        write(report.role.number)
        write(UInt16(report.leader == nil ? 0 : 1))
        write(report.leader?.rawValue ?? 0)
        write(UInt16(0))
        write(report.ballot)
        write(report.promised)
        write(report.chosenThrough)
        write(report.appliedThrough)
        write(report.knownChosenThrough)
        writeBytes(report.digest.bytes)
        write(UInt64(report.keys))
        write(report.log.through)
        write(UInt64(report.log.segments))
        write(report.log.bytes)
        writeCounted(Array((report.unhealthy ?? "").utf8.prefix(NodeReport.longestReason)))
        write(UInt32(report.stride))
        write(UInt16(report.blocks.count))
        write(UInt16(report.entries.count))
        for block in report.blocks {
            write(block.through)
            writeWithUnsafeMutableBytes(minimumWritableBytes: ChainDigest.length) { bytes in
                block.digest.store(to: bytes, at: 0)
                return ChainDigest.length
            }
        }
        for entry in report.entries {
            write(entry.slot)
            write(entry.hash)
        }
    }

    mutating func readReport() throws(PeerCodecError) -> NodeReport {
        let rawRole = try read(UInt16.self)
        guard let role = DriverStatus.Role(number: rawRole) else { throw .malformed("role \(rawRole)") }
        let leader = try readLeader()
        let ballot = try readBallot()
        let promised = try readBallot()
        let chosenThrough = try readSlot()
        let appliedThrough = try readSlot()
        let knownChosenThrough = try readSlot()
        let digestBytes = try readExactly(16)
        guard let digest = StateDigest(bytes: digestBytes) else { throw .truncated }
        let keys = try readCount()
        let logThrough = try readSlot()
        let segments = try readCount()
        let log = LogExtent(through: logThrough, segments: segments, bytes: try read(UInt64.self))
        let reason = try readCounted()
        guard reason.count <= NodeReport.longestReason else { throw .malformed("a reason too long") }
        let stride = Int(try read(UInt32.self))
        guard stride.nonzeroBitCount == 1 else { throw .malformed("stride \(stride)") }
        let blockCount = Int(try read(UInt16.self))
        let entryCount = Int(try read(UInt16.self))
        guard blockCount <= NodeReport.mostBlocks, entryCount <= NodeReport.mostEntries else {
            throw .malformed("\(blockCount) blocks and \(entryCount) entries")
        }
        return NodeReport(
            role: role, leader: leader, ballot: ballot, promised: promised, chosenThrough: chosenThrough,
            appliedThrough: appliedThrough, knownChosenThrough: knownChosenThrough, digest: digest, keys: keys,
            unhealthy: reason.isEmpty ? nil : String(decoding: reason, as: UTF8.self), log: log,
            blocks: try readBlocks(blockCount), stride: stride, entries: try readEntries(entryCount))
    }

    private mutating func readLeader() throws(PeerCodecError) -> NodeID? {
        let flag = try read(UInt16.self)
        let node = NodeID(try read(UInt16.self))
        guard try read(UInt16.self) == 0 else { throw .reservedBytesInUse }
        switch (flag, node.rawValue) {
        case (0, 0): return nil
        case (1, _): return node
        default: throw .malformed("a leader that is none")
        }
    }

    private mutating func readBlocks(_ count: Int) throws(PeerCodecError) -> [NodeReport.Block] {
        var blocks: [NodeReport.Block] = []
        for _ in 0..<count {
            let slot = try readSlot()
            guard slot > blocks.last?.through ?? .zero else { throw .malformed("blocks that do not ascend") }
            let bytes = try readExactly(ChainDigest.length)
            let digest = ChainDigest(loading: bytes.span.bytes, at: 0)
            blocks.append(NodeReport.Block(through: slot, digest: digest))
        }
        return blocks
    }

    private mutating func readEntries(_ count: Int) throws(PeerCodecError) -> [NodeReport.Entry] {
        var entries: [NodeReport.Entry] = []
        for _ in 0..<count {
            let slot = try readSlot()
            guard slot > entries.last?.slot ?? .zero else { throw .malformed("entries that do not ascend") }
            entries.append(NodeReport.Entry(slot: slot, hash: try read(UInt64.self)))
        }
        return entries
    }

    /// A number of things that a node has.
    private mutating func readCount() throws(PeerCodecError) -> Int {
        let count = try read(UInt64.self)
        guard count < UInt64(Int64.max) else { throw .malformed("a count of \(count)") }
        return Int(count)
    }

    mutating func readExactly(_ count: Int) throws(PeerCodecError) -> [UInt8] {
        guard let bytes = readBytes(length: count) else { throw .truncated }
        return bytes
    }
}
