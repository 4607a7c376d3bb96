import Glibc

/// The process environment as it was when first asked for.
package enum ProcessEnvironment {
    /// Every variable of this process; the first of two equal names counts, as in getenv(3).
    package static let current: [String: String] = {
        var variables: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if let equals = text.firstIndex(of: "=") {
                let name = String(text[..<equals])
                if variables[name] == nil { variables[name] = String(text[text.index(after: equals)...]) }
            }
            entry += 1
        }
        return variables
    }()
}
