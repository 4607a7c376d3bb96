import Nouns
import WorkerProtocol

/// docs/configuration.md, generated from the keys; a test fails where the page and the keys differ.
package enum ConfigurationPage {
    /// The whole page as Markdown.
    package static var text: String {
        var page = """
            # Configuration

            Generated from the keys that the parser knows (`FINETUNED_REGENERATE=1 tools/test.sh \
            ConfigurationPageTests` writes it anew).
            Every error names the file, the line, the key, the value and the remedy; an unknown key is an error, with \
            the nearest known one.
            What was in force before a file was damaged, or could not be read, stays in force until the file is mended \
            or removed, after a restart too, and `ftctl status` says so.
            A file that is changed, added or removed is taken by itself within seconds; `systemctl reload finetuned` \
            does it at once.

            ## etc/finetuned/finetuned.toml


            """
        page += table(DaemonSettings.keys)
        page += """

            ### [engines.NAME]

            An engine that does some kinds of work in the place of `worker.program`: `program` (its absolute path), \
            `writable` (folders that it may change beside its work folder), and
            `tasks`, a list of
            \(WorkerTask.Kind.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")). A task belongs to one \
            engine, which must say
            itself that it does it (`PROGRAM --describe`, docs/engine-protocol.md).

            """
        page += "\n## etc/finetuned/engines/NAME.toml\n\nAn engine that pipelines name (docs/engines.md).\n\n"
        page += table(EngineProfile.keys)
        page += "\n## etc/finetuned/pipelines/NAME.toml\n\n" + table(PipelineSettings.keys)
        page += """

            ### [[gates.rule]]

            Any number of further gates: `metric` (required), `set` (`gate`), `slice` (`label=…`, \
            `rows=pairs|answers`, `length=short|medium|long`, `drop=…`, `field=value`),
            `minimum_slice_rows` (20), `min`, `max`, `max_regression`, `min_improvement`, `relative` (false). A \
            missing metric, set or slice fails.

            """
        page += """

            ### [[gates.grader]]

            A score a row, as OpenAI's graders give it: `name` (required), `type` (`string_check`, `text_similarity` \
            or `multi`) and what its type asks for; a `pass_threshold` makes it 1 or 0.
            The metric is `grader:NAME` (docs/gates.md).

            ### [[gates.evaluator]]

            A program of your own that judges answers: `name` and `command` (required), `set` (`gate`), `seconds` \
            (600), `writable` (folders that it may change beside its own work folder). The metric is `evaluator:NAME` \
            (docs/gates.md).

            ### [experiment.search]

            What an experiment varies, one key a dimension: `{ choice = [8, 16] }`, `{ uniform = [0, 0.3] }`, `{ \
            log_uniform = [1e-5, 1e-2] }` or
            `{ int = [4, 30] }`. Dimensions: \
            \((Recipe.searchable.keys.sorted() + ["replay_share", "base"]).map { "`\($0)`" }.joined(separator: ", ")).
            Without this table: the learning rate (log_uniform 5e-5 … 5e-3), `adapter_dropout` (0, 0.1) and \
            `weight_decay` (0, 0.01, 0.1).

            """
        return page
    }

    private static func table<Settings: StandardSettings>(_ keys: [SettingsKey<Settings>]) -> String {
        "| key | kind | default | what |\n|---|---|---|---|\n"
            + keys.map {
                "| `\($0.path)` | \($0.kind.replacing("|", with: "\\|")) | \($0.fallback) | \($0.documentation) |\n"
            }.joined()
    }
}
