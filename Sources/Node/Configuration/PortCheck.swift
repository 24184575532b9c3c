// Whether the port for clients is free, found out before anything is touched on disk. The server binds it again a
// moment later; what takes it in between is reported then.

import Glibc
import NIOCore
import NIOPosix

enum PortCheck {
    static func verify(_ address: HostAndPort, setting: Setting, loop: any EventLoop) async throws(StartFailure) {
        do {
            let channel = try await ServerBootstrap(group: loop)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: address.host, port: address.port).get()
            try await channel.close()
        } catch {
            throw StartFailure(binding: address, setting: setting, error)
        }
    }
}

extension StartFailure {
    init(binding address: HostAndPort, setting: Setting, _ error: any Error) {
        let problem: String
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE:
            problem = "port \(address.port) is in use by another process"
        case let error as IOError where error.errnoCode == EACCES:
            problem = "this user may not take port \(address.port)"
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            problem = "\(address.host) is no address of this machine"
        default: problem = "\(error)"
        }
        self = .contradiction("\(setting.flag) \(address) can't be listened at: \(problem)")
    }
}
