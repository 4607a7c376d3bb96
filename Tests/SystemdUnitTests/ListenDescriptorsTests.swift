import Foundation
import Systemd
import TestSupport
import Testing

@Suite struct ListenDescriptorsTests {
    @Test func namesAndPathsAreMatched() throws {
        let folder = NSTemporaryDirectory() + "/ft-listen-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: "\(folder)/a.sock".utf8) }
        let bound = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        let environment = ["LISTEN_PID": "77", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "control"]
        let passed = ListenDescriptors(environment: environment, processID: 77, first: descriptor)
        #expect(passed.entries.map(\.name) == ["control"])
        #expect(passed.entries.map(\.descriptor) == [descriptor])
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        // Bound but not listening yet: not a socket to serve.
        #expect(passed.unixListener() == nil)
        #expect(listen(descriptor, 1) == 0)
        #expect(passed.unixListener() == descriptor)
        #expect(passed.unixListener(path: folder + "/a.sock") == descriptor)
        #expect(passed.unixListener(path: folder + "/b.sock") == nil)
    }

    @Test(arguments: [
        [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "78", "LISTEN_FDS": "1"], ["LISTEN_PID": "77", "LISTEN_FDS": "0"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "-1"], ["LISTEN_PID": "77", "LISTEN_FDS": "many"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "2000000000"],
    ])
    func nothingIsAdoptedUnlessItIsMeant(environment: [String: String]) {
        #expect(ListenDescriptors(environment: environment, processID: 77).entries.isEmpty)
    }
}
