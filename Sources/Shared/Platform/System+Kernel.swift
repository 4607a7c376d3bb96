import CPlatform
import Foundation

extension System {
    /// Whether somebody keeps the kernel's clock right; nil where it cannot be asked.
    package static var clockIsKept: Bool? {
        let kept = ft_clock_is_kept()
        return kept < 0 ? nil : kept == 1
    }

    /// Whether a file has an attribute; nil where its file system keeps none.
    package static func hasAttribute(_ path: String, _ name: String) -> Bool? {
        if ft_attribute(path, name, nil, 0) > 0 { return true }
        return errno == EOPNOTSUPP ? nil : false
    }
}
