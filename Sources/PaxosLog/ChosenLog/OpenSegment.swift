// The segment that a ChosenLog appends to: its file, once it has one, and what its index will say.

import Paxos

struct OpenSegment: Sendable {
    let name: SegmentName
    /// Nil until the first bytes are written.
    var file: (any File)?
    /// How many bytes of the file are written and synced.
    var size: UInt64
    var blocks: [BlockPosition]
    var rawBytes: UInt64
    /// Whether its last block ended it, so that only the index and the trailer are missing.
    var isFull: Bool
    /// Whether its index and trailer are among what is to be written.
    var isSealed = false

    init(name: SegmentName) {
        self.name = name
        size = 0
        blocks = []
        rawBytes = 0
        isFull = false
    }

    /// A segment as it was found: `file` is open for writing, and ends behind the last of its blocks.
    init(found walk: borrowing SegmentWalk, file: any File) {
        name = walk.segment.name
        self.file = file
        size = walk.blocksEnd
        blocks = walk.blocks
        rawBytes = walk.rawBytes
        isFull = walk.isFull
    }

    /// A copy that took the place of what was open.
    init(_ copy: SegmentCopy, file: any File) {
        name = copy.name
        self.file = file
        size = copy.size
        blocks = copy.blocks
        rawBytes = copy.rawBytes
        isFull = copy.isFull
    }
}
