/// What downloads leave in place of a model's file: a pointer of Git LFS, or a page of a web site.
package struct StrayFile: Hashable, Sendable {
    package let problem: String
    package let remedy: String

    /// What `bytes` are instead of a model's file; nil where they are neither.
    package init?(_ bytes: some Collection<UInt8>) {
        let head = String(decoding: bytes.prefix(200), as: UTF8.self).lowercased()
        let start = head.drop { $0.isWhitespace }
        if start.hasPrefix("version https://git-lfs") {
            problem = "this is a Git LFS pointer, not the file itself"
            remedy = "Run git lfs install and git lfs pull where the model was cloned, then copy it again."
        } else if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") {
            problem = "this is an HTML page, not the file itself"
            remedy = "Download the file again: a page for signing in, or of an error, came in its place."
        } else {
            return nil
        }
    }
}
