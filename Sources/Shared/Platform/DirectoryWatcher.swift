import Foundation

/// Watches folders through one inotify instance, on a thread of its own. A hint, never the truth: whoever listens
/// scans.
package final class DirectoryWatcher: @unchecked Sendable {
    /// What happened in a watched folder.
    package enum Event: Hashable, Sendable {
        /// A file was renamed into the folder, so it is complete.
        case movedIn(folder: String, name: String)
        /// A file that had been open for writing was closed.
        case closedAfterWriting(folder: String, name: String)
        /// A file was removed or renamed away, in a folder that is watched for that.
        case removed(folder: String, name: String)
        /// Events were lost: scan everything.
        case overflow
        /// A watched folder itself was removed or moved away.
        case folderLost(String)
    }

    package let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let descriptor: Int32
    private let stopPipe: (read: Int32, write: Int32)
    private let lock = NSLock()
    private var folders: [Int32: String] = [:]

    /// Starts the thread. Throws ``WatchLimit`` or ``FileFailure`` where the kernel gives no inotify instance.
    package init() throws {
        descriptor = inotify_init1(O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            // The same number says that the process has no descriptor left, which is looked at where files are opened.
            if errno == EMFILE { throw WatchLimit.instances }
            throw FileFailure("start inotify", "inotify", errno: errno)
        }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0
        else { throw FileFailure("make a pipe", "pipe", errno: errno) }
        stopPipe = (ends[0], ends[1])
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        let thread = Thread { [self] in loop() }
        thread.name = "inotify"
        thread.start()
    }

    /// Watches a folder, also for what leaves it where `removals` says so; watching it again changes nothing.
    ///
    /// Throws ``WatchLimit`` or ``FileFailure`` where it cannot be watched.
    package func watch(_ folder: String, removals: Bool = false) throws {
        var mask =
            UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)
            | UInt32(IN_ONLYDIR)
        if removals { mask |= UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) }
        let watch = inotify_add_watch(descriptor, folder, mask)
        guard watch >= 0 else {
            if errno == ENOSPC { throw WatchLimit.watches }
            throw FileFailure("watch it", folder, errno: errno)
        }
        lock.withLock { folders[watch] = folder }
    }

    /// Ends the thread and the stream.
    package func stop() {
        var byte: UInt8 = 1
        _ = write(stopPipe.write, &byte, 1)
    }

    private func loop() {
        defer {
            continuation.finish()
            close(descriptor)
            close(stopPipe.read)
            close(stopPipe.write)
        }
        let size = 1 << 16
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<inotify_event>.alignment)
        defer { buffer.deallocate() }
        while true {
            var waits = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: stopPipe.read, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&waits, 2, -1) < 0, errno != EINTR { return }
            if waits[1].revents != 0 { return }
            let count = read(descriptor, buffer, size)
            if count > 0 { deliver(UnsafeRawBufferPointer(start: buffer, count: count)) }
        }
    }

    private func deliver(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        let header = MemoryLayout<inotify_event>.size
        while offset + header <= bytes.count {
            let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
            let nameBytes = bytes[(offset + header)..<min(bytes.count, offset + header + Int(event.len))].prefix {
                $0 != 0
            }
            offset += header + Int(event.len)
            if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                continuation.yield(.overflow)
                continue
            }
            guard let folder = lock.withLock({ folders[event.wd] }) else { continue }
            if event.mask & (UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_IGNORED)) != 0 {
                lock.withLock { folders[event.wd] = nil }
                continuation.yield(.folderLost(folder))
                continue
            }
            let name = String(decoding: nameBytes, as: UTF8.self)
            if event.mask & UInt32(IN_MOVED_TO) != 0 {
                continuation.yield(.movedIn(folder: folder, name: name))
            } else if event.mask & (UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM)) != 0 {
                continuation.yield(.removed(folder: folder, name: name))
            } else {
                continuation.yield(.closedAfterWriting(folder: folder, name: name))
            }
        }
    }
}
