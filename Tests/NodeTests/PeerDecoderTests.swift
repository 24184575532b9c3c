import NIOCore
import Paxos
import PaxosLog
import Replication
import Testing

@testable import Node

@Suite struct PeerDecoderTests {
    static let identity = PeerIdentity(
        node: NodeID(1), incarnation: .first, cluster: UniqueID(high: 1, low: 2), membersHash: 3,
        journal: UniqueID(high: 4, low: 5), boot: 6, versions: 0...2)

    static let messages: [PeerMessage] = [
        PeerMessage(
            cluster: UniqueID(high: 1, low: 2), incarnation: .first, configuration: .first,
            content: .paxos(.preVote(Message.PreVote(attempt: 7)))),
        PeerMessage(
            cluster: UniqueID(high: 1, low: 2), incarnation: .first, configuration: .first,
            content: .forward(
                ForwardedCommands(
                    session: SessionID(node: NodeID(1), incarnation: .first, boot: 6),
                    commands: [.init(sequence: 1, kind: .command, payload: [UInt8](repeating: 0xAB, count: 300))]))),
    ]

    private static var stream: ByteBuffer {
        var buffer = ByteBuffer()
        Handshake.hello(identity).encode(into: &buffer)
        for message in messages { PeerCodec.encode(message, into: &buffer) }
        return buffer
    }

    /// Feeds `stream` in pieces, as a socket would.
    private func decode(
        _ stream: ByteBuffer, piece: Int, expectsMessages: Bool = true
    ) throws -> [PeerDecoder.InboundOut] {
        var decoder = PeerDecoder(expectsMessages: expectsMessages)
        var stream = stream
        var arrived = ByteBuffer()
        var found: [PeerDecoder.InboundOut] = []
        while let part = stream.readSlice(length: min(piece, stream.readableBytes)), part.readableBytes > 0 {
            arrived.writeImmutableBuffer(part)
            while let item = try decoder.decode(buffer: &arrived) { found.append(item) }
        }
        return found
    }

    @Test(arguments: [1, 2, 3, 7, 64, 10_000]) func streamIsCutTheSameHoweverItArrives(_ piece: Int) throws {
        let expected = [.handshake(.hello(Self.identity))] + Self.messages.map { PeerDecoder.InboundOut.message($0) }
        #expect(try decode(Self.stream, piece: piece) == expected)
    }

    @Test func everyFlippedBitBehindTheHandshakeIsFoundOrWaitedFor() throws {
        var hello = ByteBuffer()
        Handshake.hello(Self.identity).encode(into: &hello)
        let stream = Self.stream
        for index in hello.readableBytes..<stream.readableBytes {
            var damaged = stream
            let byte = try #require(damaged.getInteger(at: index, as: UInt8.self))
            damaged.setInteger(byte ^ 0x10, at: index)
            do {
                let found = try decode(damaged, piece: 10_000)
                // A length that grew waits for bytes that never come; no message that was not sent comes out.
                #expect(found.count < 3)
                #expect(found.dropFirst().allSatisfy { Self.messages.map { .message($0) }.contains($0) })
            } catch is PeerCodecError {}
        }
    }

    @Test func lengthBeyondTheLimitIsRefusedAtOnce() throws {
        var stream = ByteBuffer()
        Handshake.hello(Self.identity).encode(into: &stream)
        stream.writeInteger(UInt32((8 << 20) + 1), endianness: .little)
        #expect(throws: PeerCodecError.frameLength((8 << 20) + 1)) { try decode(stream, piece: 1) }
    }

    static let junk: [[UInt8]] = [
        Array("GET / HTTP/1.1\r\n\r\n".utf8), [0], [0xFF, 0xFF], Array("PAXOS\n\0".utf8), Array("paxos".utf8),
        Handshake.magic + [0, 0, 0, 0], Handshake.magic + [3, 0, 0, 0], Handshake.magic + [0xFF, 0xFF, 0xFF, 0xFF],
        Handshake.magic + [4, 0, 0, 0, 9, 0, 0, 0], Handshake.magic + [4, 0, 0, 0, 1, 1, 0, 0],
        Handshake.magic + [4, 0, 0, 0, 1, 0, 0, 0], Handshake.magic + [6, 0, 0, 0, 3, 0, 0, 0, 9, 0],
    ]

    @Test(arguments: junk) func junkIsNoHandshake(_ bytes: [UInt8]) {
        #expect(throws: HandshakeError.self) { try decode(ByteBuffer(bytes: bytes), piece: 1) }
    }

    @Test(arguments: [
        Handshake.hello(identity), .welcome(identity), .refusal("no, thank you"), .refusal(""),
    ])
    func handshakeComesBackAsItWas(_ handshake: Handshake) throws {
        var buffer = ByteBuffer()
        handshake.encode(into: &buffer)
        buffer.writeString("more")
        #expect(try Handshake.decode(from: &buffer) == handshake)
        #expect(String(buffer: buffer) == "more")
        // A later version may say more than this one knows.
        var longer = ByteBuffer()
        handshake.encode(into: &longer)
        let length = try #require(longer.getInteger(at: 8, endianness: .little, as: UInt32.self))
        longer.setInteger(length + 5, at: 8, endianness: .little)
        longer.writeString("extra")
        #expect(try Handshake.decode(from: &longer) == handshake)
    }

    @Test func nodeThatWasDialledMaySayNothingMore() throws {
        var stream = ByteBuffer()
        Handshake.welcome(Self.identity).encode(into: &stream)
        #expect(try decode(stream, piece: 1, expectsMessages: false) == [.handshake(.welcome(Self.identity))])
        stream.writeInteger(UInt8(0))
        #expect(throws: PeerStreamError.self) { try decode(stream, piece: 1, expectsMessages: false) }
    }
}
