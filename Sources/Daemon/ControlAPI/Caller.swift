import Foundation
import NIOCore
import Platform

/// Who is at the other end of the socket.
struct Caller: Sendable {
    private let find: @Sendable () async -> String
    /// Whether he is still there.
    let departure: Departure

    /// The user who connected, from the kernel, not from the request.
    init(_ channel: any Channel, _ departure: Departure) {
        self.departure = departure
        find = {
            guard let provider = channel as? any SocketOptionProvider,
                // SOL_SOCKET and SO_PEERCRED
                let credentials: Credentials = try? await provider.unsafeGetSocketOption(
                    level: .init(rawValue: 1), name: .init(rawValue: 17)
                ).get()
            else { return "unknown" }
            return System.userName(credentials.uid)
        }
    }

    /// A user that is known by name already.
    init(name: String, departure: Departure = Departure()) {
        self.departure = departure
        find = { name }
    }

    /// The user's name, `uid:N` where there is none, or `unknown` where the socket does not say.
    func name() async -> String { await find() }

    /// `struct ucred` of <sys/socket.h>.
    private struct Credentials {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }
}
