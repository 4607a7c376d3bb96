import GRDBSQLite
import Synchronization

/// Counts how often SQLite has files of one database made durable: its own way to files, with an eye on `xSync`.
enum SyncCounter {
    private struct State {
        var counts: [String: Int] = [:]
        /// Names of open files, by their handles.
        var names: [UInt: String] = [:]
        /// Where the methods of a kind of file lie that have our `xSync`, by where those without it lie; and back.
        var ours: [UInt: UInt] = [:]
        var theirs: [UInt: UInt] = [:]
    }
    private static let state = Mutex(State())

    /// SQLite's own way to files.
    private nonisolated(unsafe) static let original = sqlite3_vfs_find(nil)

    /// Ours, once; it does what SQLite's does.
    private static let isRegistered: Bool = {
        guard let original else { return false }
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: original.pointee)
        vfs.pointee.pNext = nil
        vfs.pointee.xOpen = { _, name, file, flags, given in
            guard let original = SyncCounter.original, let file else { return SQLITE_ERROR }
            let status = original.pointee.xOpen(original, name, file, flags, given)
            if status == SQLITE_OK, let name { SyncCounter.watch(file, String(cString: name)) }
            return status
        }
        return sqlite3_vfs_register(vfs, 1) == SQLITE_OK
    }()

    /// Counts from now on, for files that are opened later.
    static func begin() -> Bool { isRegistered }

    /// How often files whose names begin with `path` were made durable.
    static func count(_ path: String) -> Int {
        state.withLock { $0.counts.filter { $0.key.hasPrefix(path) }.reduce(0) { $0 + $1.value } }
    }

    private static func watch(_ file: UnsafeMutablePointer<sqlite3_file>, _ name: String) {
        guard let before = file.pointee.pMethods else { return }
        let (handle, place) = (UInt(bitPattern: file), UInt(bitPattern: before))
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: before.pointee)
        methods.pointee.xSync = { file, flags in SyncCounter.sync(file, flags) }
        let fresh = UInt(bitPattern: methods)
        let chosen = state.withLock { state in
            state.names[handle] = name
            if state.theirs[place] != nil { return place }
            if let known = state.ours[place] { return known }
            state.ours[place] = fresh
            state.theirs[fresh] = place
            return fresh
        }
        if chosen != fresh { methods.deallocate() }
        file.pointee.pMethods = UnsafePointer(bitPattern: chosen)
    }

    private static func sync(_ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32) -> Int32 {
        guard let file, let methods = file.pointee.pMethods else { return SQLITE_ERROR }
        let (handle, place) = (UInt(bitPattern: file), UInt(bitPattern: methods))
        let theirs = state.withLock { state in
            if let name = state.names[handle] { state.counts[name, default: 0] += 1 }
            return state.theirs[place]
        }
        guard let before = theirs.flatMap({ UnsafePointer<sqlite3_io_methods>(bitPattern: $0) }) else {
            return SQLITE_ERROR
        }
        return before.pointee.xSync(file, flags)
    }
}
