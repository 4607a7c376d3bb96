import CPlatform
import Foundation

/// The kernel's sandbox that a program puts itself into.
package enum Landlock {
    /// The version that the kernel has; nil where it has none, or the service may not use it.
    package static var version: Int? {
        let version = ft_landlock_version()
        return version > 0 ? Int(version) : nil
    }

    /// Becomes the program that the arguments name, confined as they say (`ft_confine`). Comes back with an exit status
    /// where it cannot be run.
    package static func become(_ arguments: [String]) -> Int32 {
        var list = arguments.map { strdup($0) } + [nil]
        defer { for argument in list { free(argument) } }
        return ft_confine(Int32(arguments.count), &list)
    }
}
