import Nouns
import Testing

@testable import ftctl

/// Short forms, and the commands that they stand for.
struct ShortFormsTests {
    @Test(arguments: [
        // The verb is left out: what the next word looks like decides.
        ("drop tickets a.jsonl b.jsonl", "drop add tickets a.jsonl b.jsonl"),
        ("drop d-20261128-210300-0a1b2c3d", "drop show d-20261128-210300-0a1b2c3d"),
        ("drop d-1 --json", "drop show d-1 --json"), ("drop", "drop list"), ("drop --json", "drop list --json"),
        ("drop list", "drop list"), ("drop retry d-1", "drop retry d-1"),
        ("run tickets --mode from-base", "pipeline run tickets --mode from-base"),
        ("run r-000001", "run show r-000001"), ("run", "run list"), ("run watch", "run watch"),
        ("pipeline tickets", "pipeline show tickets"), ("pipeline", "pipeline list"),
        ("pipeline check tickets", "pipeline check tickets"),
        ("version tickets", "version list tickets"), ("version tickets --json", "version list tickets --json"),
        ("version tickets v-0a1b2c", "version show tickets v-0a1b2c"),
        ("version tickets current --json", "version show tickets current --json"),
        ("base", "base list"), ("base --json", "base list --json"), ("base smol", "base show smol"),
        ("data tickets", "data list tickets"), ("data d-1", "data show d-1"),
        ("data check a.jsonl", "data check a.jsonl"),
        ("experiment", "experiment list"), ("experiment x-000001", "experiment show x-000001"),
        // Everyday words.
        ("runs --limit 1", "run list --limit 1"), ("drops", "drop list"), ("pipelines", "pipeline list"),
        ("bases", "base list"), ("experiments", "experiment list"), ("versions tickets", "version list tickets"),
        ("watch", "run watch"), ("watch r-000001 --json", "run watch r-000001 --json"),
        ("report r-000001 --worst 20", "run report r-000001 --worst 20"), ("explain r-000001", "run explain r-000001"),
        ("gates explain r-000001", "run explain r-000001"), ("gates r-000001", "run explain r-000001"),
        ("promote r-000001 --force --reason x", "run promote r-000001 --force --reason x"),
        ("pause r-000001", "run pause r-000001"), ("resume r-000001", "run resume r-000001"),
        ("cancel r-000001", "run cancel r-000001"), ("rollback tickets", "pipeline rollback tickets"),
        ("history tickets --verify", "pipeline history tickets --verify"),
        ("generate tickets hello", "pipeline generate tickets hello"),
        ("compare tickets current previous", "version compare tickets current previous"),
        ("show r-000001", "run show r-000001"), ("show d-1", "drop show d-1"),
        ("show x-000001", "experiment show x-000001"),
        ("show", "run show"), ("help watch", "help run watch"), ("help drop", "help drop"),
        // What is long already, and what nobody knows, stays as it is.
        ("status", "status"), ("gc --dry-run", "gc --dry-run"), ("drop --help", "drop --help"), ("run -h", "run -h"),
        ("--root /x status", "status --root /x"), ("--json --root=/x runs", "run list --json --root=/x"),
        ("--color never --timeout 5 status", "status --color never --timeout 5"),
        ("drop help add", "drop help add"), ("nonsense", "nonsense"), ("--version", "--version"), ("", ""),
    ])
    func standFor(short: String, long: String) {
        let words = { (text: String) in text.split(separator: " ").map(String.init) }
        #expect(ShortForms.long(words(short)) == words(long))
    }

    @Test func aLongFormIsItsOwnLongForm() {
        for noun in Ftctl.nouns {
            for verb in noun.configuration.subcommands {
                let command = [noun._commandName, verb._commandName, "a", "b"]
                #expect(ShortForms.long(command) == command)
            }
        }
        for long in ShortForms.words.values { #expect(ShortForms.long(long + ["a"]) == long + ["a"]) }
    }

    /// The one list of verbs, which no pipeline may be called like, is that of the commands.
    @Test func everyVerbIsRefusedAsAPipelinesName() {
        let verbs = ShortForms.verbs.values.reduce(into: Set(["help"])) { $0.formUnion($1) }
        #expect(CommandWords.verbs == verbs)
        #expect(verbs.allSatisfy { CommandWords.refusal($0) != nil })
        for name in ["tickets", "d-day", "r-and-d", "x-ray", "v-shape", "adds", "listing"] {
            #expect(CommandWords.refusal(name) == nil, "\(name)")
        }
        for name in ["d-1", "d-20261128-210300-0a1b2c3d", "r-000001", "x-7", "v-0a1b2c3d4e5f"] {
            #expect(CommandWords.refusal(name) != nil, "\(name)")
        }
    }
}
