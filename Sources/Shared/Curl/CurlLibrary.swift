import CCurl
import Synchronization

/// The system's libcurl, which is opened when it is first needed.
package enum CurlLibrary {
    /// The name that it has on Linux.
    package static let usualName = "libcurl.so.4"

    /// The names under which it was opened.
    private static let opened = Mutex<Set<String>>([])

    /// Opens it unless it is open; the reason where it cannot be. After a failure it is looked for again, since
    /// somebody may have installed it.
    package static func open(_ name: String = usualName) -> String? {
        opened.withLock { opened in
            if opened.contains(name) { return nil }
            var reason = [CChar](repeating: 0, count: 256)
            guard ft_curl_open(name, &reason, reason.count) else {
                return String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
            opened.insert(name)
            return nil
        }
    }
}
