import Foundation
import Hummingbird
import NIOCore
import Nouns
import Platform

/// What a handler knows of a request: besides the usual, who is at the other end of the socket.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// `struct ucred` of <sys/socket.h>.
    private struct Credentials {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }

    /// The name of the user who connected, from the kernel, not from the request.
    func who() async -> String {
        guard let provider = channel as? any SocketOptionProvider,
            // SOL_SOCKET and SO_PEERCRED
            let credentials: Credentials = try? await provider.unsafeGetSocketOption(
                level: .init(rawValue: 1), name: .init(rawValue: 17)
            ).get()
        else { return "unknown" }
        return System.userName(credentials.uid)
    }
}
