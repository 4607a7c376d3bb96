import Foundation
import TestSupport

/// A disk that forgets what was not synced: an ext4 image on a loop device. A cut is a copy of the image while it is
/// mounted and everyone who writes to it stands still; only what the file system has given to the device is in it.
final class PowerCut: Sendable {
    private let image: String
    private let folder: String

    /// Whether this machine lets us mount an image (root, with loop devices).
    static let isPossible: Bool = {
        guard geteuid() == 0, access("/dev/loop-control", W_OK) == 0 else { return false }
        let folder = NSTemporaryDirectory() + "power-\(UInt32.random(in: 0...UInt32.max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = """
            mkdir -p '\(folder)/m' && truncate -s 8M '\(folder)/i' && mkfs.ext4 -q -F '\(folder)/i' \
            && mount -o loop '\(folder)/i' '\(folder)/m' && umount '\(folder)/m'
            """
        let process = try? ChildProgram("/bin/sh", ["-c", script], output: "/dev/null")
        while process?.isRunning == true { usleep(10_000) }
        return process.map { ended($0) == .exited(0) } ?? false
    }()

    private static func ended(_ program: ChildProgram) -> ChildProgram.Ending? {
        let box = Box()
        let done = DispatchSemaphore(value: 0)
        Task {
            box.ending = try? await program.wait(seconds: 1)
            done.signal()
        }
        done.wait()
        return box.ending
    }

    private final class Box: @unchecked Sendable { var ending: ChildProgram.Ending? }

    /// Makes a disk and mounts it at `folder`.
    init(at folder: String, image: String, megabytes: Int = 192) async throws {
        self.folder = folder
        self.image = image
        try await Self.shell(
            "mkdir -p '\(folder)' && truncate -s \(megabytes)M '\(image)' && mkfs.ext4 -q -F '\(image)'")
        try await mount()
    }

    /// Nothing is written but what a program syncs: the file system's own half-minute is longer than a life.
    private func mount() async throws {
        try await Self.shell("mount -o loop,commit=3600 '\(image)' '\(folder)'")
    }

    /// Keeps what is on the device now.
    func copy() async throws { try await Self.shell("cp --sparse=always '\(image)' '\(image).cut'") }

    /// Comes up again with what was kept, once nobody uses the disk any more.
    func restore() async throws {
        try await unmount()
        try await Self.shell("mv '\(image).cut' '\(image)'")
        try await mount()
    }

    func unmount() async throws {
        try await Self.shell("for i in $(seq 500); do umount '\(folder)' && exit 0; sleep 0.02; done; exit 1")
    }

    private struct Refused: Error { var script: String, output: String }

    private static func shell(_ script: String) async throws {
        let (ending, output) = try await ChildProgram.run("/bin/sh", ["-c", script])
        guard ending == .exited(0) else { throw Refused(script: script, output: output) }
    }
}
