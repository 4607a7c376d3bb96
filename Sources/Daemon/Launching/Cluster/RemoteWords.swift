/// Commands that go through a prefix. What `ssh` hands on is read by a shell once more, so its words are quoted.
enum RemoteWords {
    static func via(_ prefix: [String], _ command: [String]) -> [String] {
        guard let first = prefix.first, first == "ssh" || first.hasSuffix("/ssh") else { return prefix + command }
        return prefix + command.map(quoted)
    }

    /// A word as a shell reads it as one, whatever it is made of.
    static func quoted(_ word: String) -> String {
        if word.wholeMatch(of: /[A-Za-z0-9_\/.,:=@%+-]+/) != nil { return word }
        return "'" + word.replacing("'", with: #"'\''"#) + "'"
    }
}
