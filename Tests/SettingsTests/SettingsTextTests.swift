import Foundation
import Nouns
import TestSupport
import Testing

@testable import Settings

/// Settings written out as TOML, and read again.
struct SettingsTextTests {
    /// Every key with a value that is not its default.
    private static let everything = #"""
        base = "auto"
        engine = "gpu"
        drop = "/srv/with \"quotes\" and \\"
        promote = "manual"
        iterate = "auto"
        iterate_runs = 5
        enabled = false
        [trigger]
        settle_seconds = 1.5
        minimum_rows = 11
        minimum_new_rows = 2
        minimum_interval_seconds = 60
        calendar = "Mon..Fri 22:00"
        manual_only = true
        skip_known = false
        known_wrong = 0.1
        known_days = 3
        [data]
        shape = "classification"
        columns = { text = "Question asked", label = "Answer" }
        maximum_bad_share = 0.25
        validation_share = 0.15
        gate_share = 0.2
        group_by = "session_id"
        sensitive = "redact"
        near_duplicates = "remove"
        near_duplicate_similarity = 0.9
        repetition = "remove"
        control_characters = "strip"
        truncate = true
        [recipe]
        learning_rate = 1e-5
        epochs = 2.5
        rank = 8
        [resources]
        memory_max = "4G"
        cpu_weight = 50
        io_weight = 25
        idle = true
        [incremental]
        mode = "stack"
        replay_share = 0.25
        from_base_every = 3
        forgetting_budget = 0.2
        window = "days:30"
        warm_start_ratio = 0.75
        unproven = 2
        [gates]
        primary = "loss"
        margin = 0.03
        confidence = 0.9
        require_improvement = false
        stream = false
        window = "drops:9"
        beat_simplest = true
        max_new_tokens = 7
        maximum_rows = 900
        maximum_forgetting = 0.5
        artefact_tolerance = 0.01
        answer_schema = "/srv/schema.json"
        canaries = ["the code is 12345"]
        [delivery]
        rollback_bad_share = 0.2
        rollback_minimum = 30
        exports = ["peft", "gguf-q8_0"]
        canary = ["/usr/bin/true", "--loud"]
        canary_golden = false
        hook_seconds = 5
        writable = ["/srv/models"]
        webhook_local = true
        webhook = "https://example.org/hook"
        webhook_secret_file = "/srv/secret"
        webhook_secret_file_old = "/srv/secret-old"
        webhook_events = ["promoted"]
        [delivery.hooks]
        may_use_ftctl = true
        promoted = ["/usr/bin/tell"]
        rejected = ["/usr/bin/tell"]
        inconclusive = ["/usr/bin/tell"]
        rolled_back = ["/usr/bin/tell"]
        failed = ["/usr/bin/tell"]
        accepted = ["/usr/bin/tell"]
        quarantined = ["/usr/bin/tell"]
        degraded = ["/usr/bin/tell"]
        recovered = ["/usr/bin/tell"]
        job_succeeded = ["/usr/bin/tell"]
        job_failed = ["/usr/bin/tell"]
        job_cancelled = ["/usr/bin/tell"]
        [feedback]
        record = "all"
        days = 7
        bytes = "64M"
        approved = true
        settle = 60
        single_rater = true
        [retention]
        keep = 9
        keep_days = 90
        maximum_bytes = "20G"
        originals_days = 365
        [experiment]
        strategy = "grid"
        trials = 3
        minutes = 10
        tokens = 1000
        eta = 4
        rungs = 2
        points = 6
        seed = 18
        adopt = "on_promotion"
        [experiment.search]
        learning_rate = { log_uniform = [1e-5, 1e-2] }
        rank = { choice = [8, 16] }
        adapter_dropout = { uniform = [0, 0.3] }
        last_layers = { int = [4, 30] }
        [[gates.rule]]
        metric = "accuracy"
        set = "golden-must"
        slice = "label=refund"
        minimum_slice_rows = 3
        min = 0.5
        max = 1
        max_regression = 0.01
        min_improvement = 0.1
        relative = true
        [[gates.grader]]
        name = "exact"
        type = "string_check"
        input = "{{sample.output_text}}"
        reference = "{{item.reference}}"
        operation = "eq"
        [[gates.evaluator]]
        name = "style"
        command = ["/usr/bin/score", "--strict"]
        seconds = 5
        writable = ["/srv/scores"]
        """#

    private static func read(_ toml: String) throws -> PipelineSettings {
        let folder = NSTemporaryDirectory() + "settings-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/tickets.toml"
        try toml.write(toFile: path, atomically: true, encoding: .utf8)
        var (settings, problems) = try SettingsFolder.pipeline(path)
        #expect(problems.isEmpty, "\(problems)\n\(toml)")
        settings.file = "/etc/finetuned/pipelines/tickets.toml"
        return settings
    }

    @Test func whatIsWrittenOutReadsBack() throws {
        for toml in ["base = \"smol\"\n", Self.everything] {
            let settings = try Self.read(toml)
            #expect(try Self.read(SettingsText.toml(settings)) == settings)
        }
    }

    /// A recipe's keys come from the table of its values, which has tests of its own.
    @Test func everyKeyIsWrittenOut() throws {
        let usual = try Self.read("base = \"smol\"\n")
        let changed = try Self.read(Self.everything)
        for key in PipelineSettings.keys where key.section != "recipe" {
            #expect(key.read(usual) != key.read(changed), "\(key.path)")
        }
        let text = SettingsText.toml(usual)
        for key in PipelineSettings.keys {
            #expect(text.contains("\n\(key.name) = ") || text.contains("\n# \(key.name): "), "\(key.path)")
        }
    }

    @Test func itReadsAsItsGoldenText() throws {
        let settings = try Self.read(Self.everything)
        let text = SettingsText.toml(settings, notes: ["learning_rate": "adopted from x-000001"])
        let difference = try Golden("SettingsTests/Golden/Text").difference(
            "settings-text", input: Self.everything, output: text)
        #expect(difference == nil, "\(difference ?? "")")
    }
}
