/// The kernel watches no more folders for this user. The error numbers that it gives are those of a full disk and of
/// used up descriptors, which they are not.
package struct WatchLimit: Error, Hashable, Sendable, CustomStringConvertible {
    /// The limit's name for `sysctl`.
    package let setting: String

    /// Of inotify instances, and of watches.
    static let instances = WatchLimit(setting: "fs.inotify.max_user_instances")
    static let watches = WatchLimit(setting: "fs.inotify.max_user_watches")

    package var message: String {
        "The kernel watches no more folders for this user (\(setting) is used up), so they are scanned by the clock."
    }
    package var remedy: String { "Raise the limit: sysctl -w \(setting)=…, and in /etc/sysctl.d to keep it." }
    package var description: String { "\(message) \(remedy)" }
}
