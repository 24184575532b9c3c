// What this machine does without any of our code: one write with its fdatasync, and one round trip over loopback. No
// node can acknowledge faster than the one, nor a client be answered faster than the other.

import Foundation
import Glibc
import Histogram

final class MachineLimits {
    struct Sample: Codable {
        struct Latency: Codable {
            var p50Microseconds: Int
            var p99Microseconds: Int
        }

        /// 4 KiB into a file that was filled with zeros before, as the journal writes.
        var fdatasync: Latency
        /// 150 bytes there and back over TCP, between two threads.
        var roundTrip: Latency
    }

    private static let writeBytes = 4_096
    private static let writesInFile = 4_096
    private static let writes = 400
    private static let messageBytes = 150
    private static let roundTrips = 2_000

    private let file: Int32
    private let client: Int32
    private var offset = 0

    /// - Parameter folder: on the disk that is measured.
    init(folder: String) throws {
        file = open("\(folder)/fdatasync", O_RDWR | O_CREAT, 0o600)
        guard file >= 0 else { throw Loopback.failure(folder) }
        let zeros = [UInt8](repeating: 0, count: Self.writeBytes)
        for number in 0..<Self.writesInFile {
            guard pwrite(file, zeros, zeros.count, off_t(number * zeros.count)) == zeros.count else {
                throw Loopback.failure(folder)
            }
        }
        guard fdatasync(file) == 0 else { throw Loopback.failure(folder) }
        let (listener, port) = try Loopback.listener()
        defer { close(listener) }
        client = try Loopback.connection(to: port)
        let server = accept(listener, nil, nil)
        guard server >= 0 else { throw Loopback.failure("a connection over loopback") }
        Loopback.prepare(server)
        Thread.detachNewThread { Self.echo(server) }
    }

    deinit {
        close(file)
        close(client)
    }

    func measure() throws -> Sample {
        var disk = histogram()
        let block = [UInt8](repeating: 0x5A, count: Self.writeBytes)
        for _ in 0..<Self.writes {
            let start = DispatchTime.now()
            guard pwrite(file, block, block.count, off_t(offset)) == block.count, fdatasync(file) == 0 else {
                throw Loopback.failure("fdatasync")
            }
            disk.record(start.distanceInNanoseconds)
            offset = (offset + block.count) % (Self.writesInFile * Self.writeBytes)
        }
        var network = histogram()
        var message = [UInt8](repeating: 0x5A, count: Self.messageBytes)
        for _ in 0..<Self.roundTrips {
            let start = DispatchTime.now()
            guard send(client, message, message.count, Int32(MSG_NOSIGNAL)) == message.count,
                recv(client, &message, message.count, Int32(MSG_WAITALL)) == message.count
            else { throw Loopback.failure("a round trip over loopback") }
            network.record(start.distanceInNanoseconds)
        }
        return Sample(fdatasync: latency(disk), roundTrip: latency(network))
    }

    private func histogram() -> Histogram<UInt64> {
        Histogram(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
    }

    private func latency(_ histogram: Histogram<UInt64>) -> Sample.Latency {
        .init(
            p50Microseconds: Int(histogram.valueAtPercentile(50)) / 1_000,
            p99Microseconds: Int(histogram.valueAtPercentile(99)) / 1_000)
    }

    /// Sends back what comes, until the other end is closed.
    private static func echo(_ descriptor: Int32) {
        var message = [UInt8](repeating: 0, count: messageBytes)
        // Between two measurements nothing comes for long: a time-out is no end.
        while true {
            let count = recv(descriptor, &message, message.count, Int32(MSG_WAITALL))
            if count == message.count {
                _ = send(descriptor, message, message.count, Int32(MSG_NOSIGNAL))
            } else if count >= 0 || (errno != EAGAIN && errno != EINTR) {
                break
            }
        }
        close(descriptor)
    }
}

extension DispatchTime {
    fileprivate var distanceInNanoseconds: UInt64 { DispatchTime.now().uptimeNanoseconds - uptimeNanoseconds }
}
