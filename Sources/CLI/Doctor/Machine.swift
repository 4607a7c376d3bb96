import Foundation

/// What the doctor asks of a machine; tests answer in its place.
package struct Machine: Sendable {
    /// How something lies on the disk.
    package struct Look: Hashable, Sendable {
        package var mode: UInt32
        package var user: UInt32
        package var group: UInt32
        package var device: UInt64
        /// When its content changed, in seconds since 1970.
        package var modified: Double

        package init(mode: UInt32, user: UInt32, group: UInt32, device: UInt64 = 1, modified: Double = 0) {
            self.mode = mode
            self.user = user
            self.group = group
            self.device = device
            self.modified = modified
        }
    }

    package enum Sight: Hashable, Sendable {
        case there(Look)
        case absent
        /// Whoever asks may not see it.
        case hidden
    }

    package struct Room: Hashable, Sendable {
        package var bytes: Int
        /// Nil where the file system makes them as it needs them.
        package var inodes: Int?

        package init(bytes: Int, inodes: Int?) {
            self.bytes = bytes
            self.inodes = inodes
        }
    }

    /// What a program said; nil where it is not there.
    package struct Said: Hashable, Sendable {
        package var status: Int32
        package var text: String

        package init(status: Int32, text: String) {
            self.status = status
            self.text = text
        }
    }

    package enum Attribute: Hashable, Sendable {
        case there
        case absent
        /// The file system has no such attributes.
        case unsupported
    }

    /// Whoever asks: his number, his groups now, and his name.
    package var user: UInt32
    package var groups: Set<UInt32>
    package var userName: String
    /// Seconds since 1970.
    package var now: Double
    package var sight: @Sendable (String) -> Sight
    /// The text of a small file; nil where it cannot be read.
    package var text: @Sendable (String) -> String?
    package var defaultACL: @Sendable (String) -> Attribute
    package var room: @Sendable (String) -> Room?
    package var run: @Sendable (_ program: String, _ arguments: [String]) -> Said?
    package var userID: @Sendable (String) -> UInt32?
    package var groupID: @Sendable (String) -> UInt32?
    package var groupMembers: @Sendable (String) -> [String]
    package var nameOfUser: @Sendable (UInt32) -> String
    /// The version of Landlock's interface; nil where the kernel has none.
    package var landlock: @Sendable () -> Int?
    /// Whether somebody keeps the clock right; nil where it cannot be asked.
    package var clockIsKept: @Sendable () -> Bool?
    /// Where the serving programs are, and nil for the worker where it is missing.
    package var worker: String?

    package init(
        user: UInt32, groups: Set<UInt32>, userName: String, now: Double,
        sight: @escaping @Sendable (String) -> Sight, text: @escaping @Sendable (String) -> String?,
        defaultACL: @escaping @Sendable (String) -> Attribute, room: @escaping @Sendable (String) -> Room?,
        run: @escaping @Sendable (String, [String]) -> Said?, userID: @escaping @Sendable (String) -> UInt32?,
        groupID: @escaping @Sendable (String) -> UInt32?, groupMembers: @escaping @Sendable (String) -> [String],
        nameOfUser: @escaping @Sendable (UInt32) -> String, landlock: @escaping @Sendable () -> Int?,
        clockIsKept: @escaping @Sendable () -> Bool?, worker: String?
    ) {
        self.user = user
        self.groups = groups
        self.userName = userName
        self.now = now
        self.sight = sight
        self.text = text
        self.defaultACL = defaultACL
        self.room = room
        self.run = run
        self.userID = userID
        self.groupID = groupID
        self.groupMembers = groupMembers
        self.nameOfUser = nameOfUser
        self.landlock = landlock
        self.clockIsKept = clockIsKept
        self.worker = worker
    }
}
