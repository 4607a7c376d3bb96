import Foundation
import Places

/// Who may what: users, groups, the modes of files and folders, default ACLs.
extension Examination {
    func checkUsers() -> [DoctorFinding] {
        guard isInstalled else { return [.ok(.users, "A daemon with a root of its own needs no user and no group.")] }
        let remedy = "systemd-sysusers finetuned.conf makes it; so does installing the package again."
        var found: [DoctorFinding] = []
        if machine.userID("finetuned") == nil {
            found.append(.fault(.users, "There is no user finetuned, as whom the daemon runs.", remedy))
        }
        for group in ["finetuned", "finetuned-admin", "finetuned-daemon"] where machine.groupID(group) == nil {
            found.append(.fault(.users, "There is no group \(group).", remedy))
        }
        guard found.isEmpty else { return found }
        found.append(.ok(.users, "The user finetuned and its groups are there."))
        return found + [membership()].compactMap { $0 }
    }

    /// Whether whoever asks may ask the daemon; nil for root.
    private func membership() -> DoctorFinding? {
        guard machine.user != 0 else { return nil }
        let groups = ["finetuned", "finetuned-admin"]
        if let held = groups.last(where: { machine.groupID($0).map(machine.groups.contains) ?? false }) {
            return .ok(.users, "\(machine.userName) is a member of \(held).")
        }
        if let named = groups.last(where: { machine.groupMembers($0).contains(machine.userName) }) {
            return .warning(
                .users, "\(machine.userName) was made a member of \(named), and this session does not know it yet.",
                "Log out and in again, or begin a shell with `newgrp \(named)`.")
        }
        return .warning(
            .users, "\(machine.userName) is in neither group and may only look, where the socket lets him.",
            "sudo usermod -aG finetuned \(machine.userName), or finetuned-admin for whoever changes pipelines.")
    }

    func checkPermissions() -> [DoctorFinding] {
        var found: [DoctorFinding] = []
        let daemonUser = isInstalled ? machine.userID("finetuned") : owner(of: layout.state)
        found += folder(layout.settings, "the settings", owner: isInstalled ? 0 : nil, others: 0o022)
        found += folder(layout.state, "the state", owner: daemonUser, others: 0o007)
        found += folder(layout.drops, "the drop folders", owner: daemonUser, others: 0o007)
        for path in ["", "-wal", "-shm"].map({ layout.ledger + $0 }) {
            guard case .there(let look) = machine.sight(path), let daemonUser, look.user != daemonUser else { continue }
            found.append(
                .fault(
                    .permissions, "\(path) belongs to \(machine.nameOfUser(look.user)), so the daemon cannot write it.",
                    "chown \(machine.nameOfUser(daemonUser)): \(path); never start finetuned as root on that state."))
        }
        found += socket()
        return found.isEmpty
            ? [.ok(.permissions, "Settings, state, drop folders and socket are whose they should be.")]
            : found
    }

    private func owner(of path: String) -> UInt32? {
        guard case .there(let look) = machine.sight(path) else { return nil }
        return look.user
    }

    /// - Parameters:
    ///   - owner: who it must belong to; nil where anybody may have it.
    ///   - others: bits that its mode must not have.
    private func folder(_ path: String, _ what: String, owner: UInt32?, others: UInt32) -> [DoctorFinding] {
        let remade =
            isInstalled && path == layout.settings
            ? "systemd-tmpfiles --create finetuned.conf" : "Start the daemon, which makes it."
        switch machine.sight(path) {
        case .hidden:
            return [
                .unknown(
                    .permissions, "\(path) cannot be seen by \(machine.userName).", "Ask as root: sudo ftctl doctor.")
            ]
        case .absent: return [.fault(.permissions, "\(path), \(what), is not there.", remade)]
        case .there(let look):
            guard look.mode & S_IFMT == S_IFDIR else {
                return [.fault(.permissions, "\(path), \(what), is no folder.", "Move it away, then: \(remade)")]
            }
            var found: [DoctorFinding] = []
            if let owner, look.user != owner {
                let name = machine.nameOfUser(owner)
                found.append(
                    .fault(
                        .permissions, "\(path) belongs to \(machine.nameOfUser(look.user)), and not to \(name).",
                        "chown \(name) \(path)"))
            }
            if look.mode & others != 0 {
                let mode = String(look.mode & 0o777, radix: 8)
                found.append(
                    .warning(
                        .permissions, "\(path) has mode \(mode), so that others may do there what is not theirs.",
                        "chmod \(others == 0o007 ? "o-rwx" : "go-w") \(path)"))
            }
            return found
        }
    }

    private func socket() -> [DoctorFinding] {
        guard case .there(let look) = machine.sight(layout.socket) else { return [] }
        guard look.mode & S_IFMT == S_IFSOCK else {
            return [.fault(.permissions, "\(layout.socket) is no socket.", "Remove it and restart the daemon.")]
        }
        guard look.mode & 0o002 != 0 else { return [] }
        return [
            .warning(
                .permissions, "Everybody may write to \(layout.socket).",
                "Restart the daemon, which makes it for its groups alone.")
        ]
    }

    func checkACL() -> [DoctorFinding] {
        guard isInstalled else {
            return [.ok(.acl, "A daemon with a root of its own reads what its user dropped, without ACLs.")]
        }
        var found: [DoctorFinding] = []
        let folders = settings.pipelines.map { $0.dropFolder ?? layout.drop($0.name) }
        for folder in folders where isFolder(folder) {
            switch machine.defaultACL(folder) {
            case .there: continue
            case .absent:
                found.append(
                    .fault(
                        .acl, "\(folder) has no default ACL: files with a narrow umask cannot be read when dropped.",
                        folder.hasPrefix(layout.drops)
                            ? "Restart the daemon, which gives it one." : "setfacl -m d:u:finetuned:rwx \(folder)"))
            case .unsupported:
                found.append(
                    .warning(
                        .acl, "The file system of \(folder) keeps no ACLs.",
                        "Mount it with ACLs, or drop files that the group finetuned can read (umask 027)."))
            }
        }
        return found.isEmpty ? [.ok(.acl, "What is dropped is readable for the daemon, whatever the umask.")] : found
    }

    private func isFolder(_ path: String) -> Bool {
        guard case .there(let look) = machine.sight(path) else { return false }
        return look.mode & S_IFMT == S_IFDIR
    }
}
