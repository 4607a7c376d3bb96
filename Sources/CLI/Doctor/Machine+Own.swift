import Foundation
import Places
import Platform

extension Machine {
    /// The machine that this program runs on.
    package static func own() -> Machine {
        Machine(
            user: geteuid(), groups: ownGroups(), userName: System.userName(geteuid()),
            now: Date().timeIntervalSince1970, sight: look, text: smallText, defaultACL: acl, room: freeRoom,
            run: said, userID: { System.userID($0) }, groupID: { System.groupID($0) },
            groupMembers: { System.groupMembers($0) }, nameOfUser: { System.userName($0) },
            landlock: { Landlock.version }, clockIsKept: { System.clockIsKept },
            worker: InstalledPrograms().worker)
    }

    private static func ownGroups() -> Set<UInt32> {
        var groups = [gid_t](repeating: 0, count: 65_536)
        let count = getgroups(Int32(groups.count), &groups)
        return Set(groups.prefix(max(0, Int(count)))).union([getegid()])
    }

    @Sendable private static func look(_ path: String) -> Sight {
        var status = stat()
        guard lstat(path, &status) == 0 else { return errno == EACCES ? .hidden : .absent }
        return .there(
            Look(
                mode: status.st_mode, user: status.st_uid, group: status.st_gid, device: UInt64(status.st_dev),
                modified: Double(status.st_mtim.tv_sec)))
    }

    @Sendable private static func smallText(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var taken = 0
        while taken < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress?.advanced(by: taken), $0.count - taken)
            }
            if count <= 0 { break }
            taken += count
        }
        return String(decoding: bytes.prefix(taken), as: UTF8.self)
    }

    @Sendable private static func acl(_ path: String) -> Attribute {
        switch System.hasAttribute(path, "system.posix_acl_default") {
        case true?: .there
        case false?: .absent
        case nil: .unsupported
        }
    }

    @Sendable private static func freeRoom(_ path: String) -> Room? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Room(
            bytes: Int(status.f_bavail) * Int(status.f_frsize), inodes: status.f_files == 0 ? nil : Int(status.f_favail)
        )
    }

    /// Runs a program of the system with a plain environment; nil where it is not there.
    @Sendable private static func said(_ program: String, _ arguments: [String]) -> Said? {
        let places = program.hasPrefix("/") ? [program] : ["/usr/bin/", "/bin/", "/usr/sbin/"].map { $0 + program }
        guard let path = places.first(where: { access($0, X_OK) == 0 }) else { return nil }
        // In memory where that can be: a full disk is one of the things that are looked for.
        let folders = ["/dev/shm", NSTemporaryDirectory(), "/tmp", "/var/tmp"]
        guard let folder = folders.first(where: { access($0, W_OK | X_OK) == 0 }) else { return nil }
        let output = folder + "/ftctl-doctor-" + UUID().uuidString
        defer { unlink(output) }
        guard let status = try? SpawnedProgram.run(path, arguments, output: output) else { return nil }
        return Said(status: status, text: smallText(output) ?? "")
    }
}
