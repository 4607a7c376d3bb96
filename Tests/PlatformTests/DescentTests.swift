import Foundation
import Platform
import TestSupport
import Testing

struct DescentTests {
    /// This process is its parent's child, and its grandparent's through that one.
    @Test func whatIsStartedDescends() throws {
        #expect(Descent.of(getpid(), from: getppid()) == .child(getpid()))
        let status = try String(contentsOfFile: "/proc/\(getppid())/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("PPid:") })
        let grandparent = try #require(Int32(line.dropFirst(5).trimmingCharacters(in: .whitespaces)))
        if grandparent > 0 { #expect(Descent.of(getpid(), from: grandparent) == .child(getppid())) }
        #expect(Descent.of(getpid(), from: getpid()) == .stranger)
    }

    @Test func strangersAndTheGone() {
        #expect(Descent.of(getppid()) == .stranger)
        #expect(Descent.of(Int32.max - 1) == .unknown)
        #expect(Descent.of(getppid(), service: "/system.slice/other.service") == .stranger)
    }

    @Test func peersOfASocketAreKnown() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let peer = try #require(SocketPeer(ends[0]))
        #expect(peer.user == getuid() && peer.process == getpid() && peer.groups.contains(getgid()))
        #expect(SocketPeer(-1) == nil)
        #expect(System.userID("root") == 0 && System.groupID("root") == 0 && System.userName(0) == "root")
        #expect(System.groupID("no such group") == nil && System.isGone(4_000_000_123) && !System.isGone(0))
    }
}
