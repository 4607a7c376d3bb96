import Testing

@testable import ftctl

/// What is said of a command that there is none of.
struct MisspellingTests {
    @Test(arguments: [
        ("stauts", "There is no command 'stauts'. Did you mean 'status'?"),
        ("--root /x pipelins", "There is no command 'pipelins'. Did you mean 'pipeline'?"),
        ("data chek a.jsonl", "There is no command 'data chek'. Did you mean 'data check'?"),
        ("run wacth r-000001", "There is no command 'run wacth'. Did you mean 'run watch'?"),
        ("experiment lst", "There is no command 'experiment lst'. Did you mean 'experiment list'?"),
        ("deploy", "There is no command 'deploy'. See `ftctl help`."),
    ])
    func isNamedWithWhatWasMeant(line: String, text: String) {
        #expect(Misspelling(line.split(separator: " ").map(String.init))?.text == text)
    }

    @Test(arguments: [
        "status", "watch tickets", "drop tickets a.jsonl b.jsonl", "run watches", "data checks",
        "version tickets v-0a1b2c",
        "help", "show r-000001", "--version", "--help", "data check a.jsonl --limit 3", "",
    ])
    func aCommandIsLeftAlone(line: String) {
        #expect(Misspelling(line.split(separator: " ").map(String.init)) == nil)
    }
}
