import Foundation

/// The names in a folder, with the reason where they cannot be told.
package enum FolderListing {
    /// All names but `.` and `..`, in no order; names that are not UTF-8 are mended. Throws a FileFailure.
    package static func names(_ path: String) throws -> [String] {
        guard let folder = opendir(path) else { throw FileFailure("list the folder", path, errno: errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                guard errno == 0 else { throw FileFailure("list the folder", path, errno: errno) }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }
}
