/// Names of files that are never data: what programs use while they still write, and what they leave beside data.
package enum IgnoredNames {
    /// Endings, in lower case: partial downloads and uploads, editors' copies, checksums and signatures.
    private static let endings = [
        // Uploads and downloads that are not whole: WinSCP, rclone, rsync, browsers, aria2, torrents.
        ".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download", ".opdownload", ".aria2", ".!ut",
        ".!qb", ".!bt", ".bc!", ".ut!", ".unfinished", ".incomplete", ".uploading", ".upload", ".lftp-pget-status",
        // Editors: copies and locks.
        "~", ".swp", ".swo", ".swx", ".bak", ".orig", ".lock", ".lck", ".crswap",
        // What vouches for a file.
        ".sha256", ".sha256sum", ".sha512", ".sha512sum", ".sha1", ".sha1sum", ".md5", ".md5sum", ".asc", ".sig",
        ".minisig",
    ]
    /// Whole names, in lower case.
    private static let names: Set = [
        "thumbs.db", "ehthumbs.db", "desktop.ini", "lost+found", "@eadir", "$recycle.bin", "system volume information",
        "sha256sums", "sha512sums", "md5sums", "4913",
    ]

    /// Whether a name is one to leave alone; hidden files are.
    package static func contains(_ name: some Collection<UInt8>) -> Bool {
        guard let first = name.first, first != UInt8(ascii: ".") else { return true }
        let text = String(decoding: name, as: UTF8.self).lowercased()
        // Emacs locks with #name#, Office with ~$name.
        return names.contains(text) || endings.contains { text.hasSuffix($0) } || text.hasPrefix("~$")
            || text.hasPrefix("#") && text.hasSuffix("#")
    }
}
