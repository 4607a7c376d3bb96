/// Names that nobody guesses and nobody has.
enum Names {
    /// - Parameter prefix: such as `file-`.
    static func random(_ prefix: String) -> String {
        let digits = (0..<2).map { _ in
            let text = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return prefix + digits.joined().prefix(24)
    }
}
