import ControlProtocol
import EvaluationMetrics
import Foundation
import Gating
import GoldenSets
import JSONSchemas
import Launching
import Ledger
import Nouns
import Platform
import Reports
import RowFormats
import Settings
import StageKit

/// Reads a pipeline's file as it is on disk now, and says what would come of it; nothing is put into force.
struct PipelineCheck {
    let context: StageContext
    /// What engines say of themselves (nil: nobody can be asked).
    let roster: EngineRoster?

    func answer(_ name: PipelineName) async throws -> PipelineCheckAnswer {
        let path = context.layout.pipelineFile(name)
        guard name.rawValue.wholeMatch(of: /[a-z0-9][a-z0-9_-]{0,62}/) != nil,
            FileManager.default.fileExists(atPath: path)
        else {
            throw Failure(
                code: "pipeline.unknown", "There is no file of a pipeline '\(name)'.", at: path,
                remedy: "See `ftctl pipelines`.")
        }
        var answer = PipelineCheckAnswer(pipeline: name, file: path)
        let settings: PipelineSettings
        do {
            let (read, problems) = try SettingsFolder.pipeline(path)
            (settings, answer.problems) = (read, problems)
        } catch let failure as Failure {
            answer.problems = [failure]
            return answer
        }
        try judge(settings, &answer)
        try await engine(settings, try context.ledger.base(settings.base), &answer)
        return answer
    }

    /// What is wrong with settings that are in force, so that no run could pass or work. A base that is not there is
    /// not said again: who queues runs says it.
    func objections(to settings: PipelineSettings) throws -> [Failure] {
        var answer = PipelineCheckAnswer(pipeline: settings.name, file: settings.file)
        try judge(settings, &answer)
        if settings.engine == nil, let card = try context.ledger.base(settings.base), card.isForEngines == true {
            answer.problems.append(Self.unrun(card, settings))
        }
        return answer.problems.filter { $0.code != "base.unknown" }
    }

    /// What holds for a file that is read and for settings that are in force alike.
    private func judge(_ settings: PipelineSettings, _ answer: inout PipelineCheckAnswer) throws {
        let card = try base(settings, &answer)
        let (golden, faults) = GoldenSet.read(folder: context.layout.golden(settings.name))
        answer.problems += faults
        let sets = names(settings, golden, card)
        // No default asks about rows of feedback; a rule may.
        try rules(settings, sets + [.feedback], &answer)
        files(settings, &answer)
        delivery(settings, card, &answer)
        rows(settings, &answer)
        for set in golden {
            answer.facts.append(
                """
                \(set.name): \(Quantity.counted(set.rows.count, "row")), \
                \(set.rows.count { $0.isRequired }) must never break
                """
            )
        }
        let asked = settings.gates.rules.count
        answer.facts.append(
            "gates: the defaults" + (asked > 0 ? " and \(Quantity.counted(asked, "rule"))" : "")
                + ", on \(sets.map(\.rawValue).joined(separator: ", ")), primary metric "
                + (settings.gates.primary?.rawValue ?? "accuracy where rows have a class, else loss"))
    }

    private func base(_ settings: PipelineSettings, _ answer: inout PipelineCheckAnswer) throws -> BaseCard? {
        guard !settings.base.rawValue.isEmpty, settings.base != .automatic else { return nil }
        do { return try context.requireBase(settings.base) } catch var failure as Failure {
            failure.place = "\(settings.file), base"
            answer.problems.append(failure)
            return nil
        }
    }

    private func names(_ settings: PipelineSettings, _ golden: [GoldenSet], _ card: BaseCard?) -> [SetName] {
        [.gate, .earlier] + golden.map(\.name) + (card?.probe == nil ? [] : [.probe])
            + (settings.gates.canaries.isEmpty ? [] : [.plantedSecrets])
    }

    /// What somebody can write instead: the nearest name, or all where none is near.
    private static func choice(_ word: String, of names: [String]) -> String {
        NearestName.question(word, among: names) ?? "Use one of: \(names.joined(separator: ", "))."
    }

    /// Every rule names a metric, a set and a slice that there can be, and asks for something.
    private func rules(_ settings: PipelineSettings, _ sets: [SetName], _ answer: inout PipelineCheckAnswer) throws {
        func metric(_ key: MetricKey, at place: String) -> Metric? {
            if let own = key.graderName, !settings.gates.graders.contains(where: { $0.name == own }) {
                problem(
                    &answer, "There is no grader '\(own)', so the gate always fails.", place,
                    "Add a [[gates.grader]] of that name.")
            } else if let own = key.evaluatorName, !settings.gates.evaluators.contains(where: { $0.name == own }) {
                problem(
                    &answer, "There is no evaluator '\(own)', so the gate always fails.", place,
                    "Add a [[gates.evaluator]] of that name.")
            }
            guard let found = MetricRegistry.metric(key) else {
                problem(
                    &answer, "There is no metric '\(key)', so the gate always fails.", place,
                    Self.choice(key.rawValue, of: MetricRegistry.all.map(\.key.rawValue)))
                return nil
            }
            return found
        }
        if let primary = settings.gates.primary {
            let found = metric(primary, at: "\(settings.file), gates.primary")
            if found?.isOfClasses == true, try hasNoClasses(settings.name) {
                problem(
                    &answer, "No row has a class, so '\(primary)' has no value and no run can ever be promoted.",
                    "\(settings.file), gates.primary",
                    "Use loss or exact_match; a class is an answer of at most 40 bytes and 4 words.")
            }
        }
        for (index, rule) in settings.gates.rules.enumerated() {
            let place = "\(settings.file), gates.rule[\(index)]"
            let found = metric(rule.metric, at: place)
            if !sets.contains(rule.set) {
                problem(
                    &answer, "There is no set '\(rule.set)', so the gate always fails.", place,
                    Self.choice(rule.set.rawValue, of: sets.map(\.rawValue)))
            }
            if let slice = rule.slice, let objection = GatingRules.objection(toSlice: slice) {
                problem(
                    &answer, "The slice never matches: \(objection).", place,
                    "Write one such as label=billing, length=short or age=under:7d.")
            }
            let changes = rule.maxRegression != nil || rule.minImprovement != nil
            if rule.min == nil, rule.max == nil, !changes {
                problem(
                    &answer, "The rule asks for nothing, so it always fails.", place,
                    "Give min, max, max_regression or min_improvement.")
            }
            if let range = found?.range {
                for (key, bound) in [("min", rule.min), ("max", rule.max)] {
                    guard let bound, !range.contains(bound) else { continue }
                    problem(
                        &answer,
                        "'\(rule.metric)' is a share, from 0 to 1, so \(key) = \(bound) is never or always so.", place,
                        "Write a number from 0 to 1, such as 0.9.")
                }
            }
            if let least = rule.min, let most = rule.max, least > most {
                problem(
                    &answer, "No value is at least \(least) and at most \(most).", place, "Lower min, or raise max.")
            }
            if rule.minImprovement != nil, found?.direction == .neutral {
                problem(
                    &answer, "Neither more nor less of '\(rule.metric)' is better, so it never improves.",
                    place, "Use min and max, or max_regression to bound its growth.")
            }
        }
    }

    /// Whether there are rows, and none of them has a class.
    private func hasNoClasses(_ name: PipelineName) throws -> Bool {
        try context.ledger.rowCounts(name)[.train] ?? 0 > 0 && context.ledger.classRows(name).isEmpty
    }

    /// Files and programs that are named are there.
    private func files(_ settings: PipelineSettings, _ answer: inout PipelineCheckAnswer) {
        if let path = settings.gates.answerSchema {
            if let data = FileManager.default.contents(atPath: path) {
                do { _ = try JSONSchema(text: String(decoding: data, as: UTF8.self)) } catch {
                    problem(&answer, "The answer schema cannot be used: \(error)", path, "Mend the schema.")
                }
            } else {
                problem(
                    &answer, "The file of gates.answer_schema cannot be read.", path,
                    "Check that it is there and readable.")
            }
        }
        do { _ = try settings.recipe.template?.loaded() } catch {
            problem(&answer, error.message, error.place ?? "", error.remedy ?? "")
        }
        let secrets = [
            ("webhook_secret_file", settings.delivery.webhookSecretFile),
            ("webhook_secret_file_old", settings.delivery.webhookSecretFileOld),
        ]
        for case (let key, let path?) in secrets where !FileManager.default.isReadableFile(atPath: path) {
            problem(
                &answer, "The file of delivery.\(key) cannot be read.", path, "Check that it is there and readable.")
        }
        var programs = settings.gates.evaluators.map { ("the evaluator '\($0.name)'", $0.command) }
        programs.append(("the canary", settings.delivery.canary))
        programs += settings.delivery.hooks.sorted { $0.key < $1.key }.map { ("the hook '\($0.key)'", $0.value) }
        for (what, command) in programs {
            guard let program = command.first, !FileManager.default.isExecutableFile(atPath: program) else { continue }
            problem(
                &answer, "The program of \(what) is not there, or cannot be executed.", program,
                "Check the path and its permissions.")
        }
        let folder = context.dropFolder(settings)
        if FileManager.default.fileExists(atPath: folder), !FileManager.default.isWritableFile(atPath: folder) {
            problem(
                &answer, "Files cannot be taken out of the drop folder.", folder,
                "Give the daemon's user write permission.")
        }
    }

    private func delivery(_ settings: PipelineSettings, _ card: BaseCard?, _ answer: inout PipelineCheckAnswer) {
        for format in settings.delivery.exports
        where format.rawValue.hasPrefix("gguf") && card.map({ $0.format != "gguf" }) == true {
            problem(
                &answer,
                """
                The base is no GGUF file, so it cannot be exported as \(format.rawValue), and every run would \
                fail that gate.
                """,
                "\(settings.file), delivery.exports", "Export as huggingface, or register the base as GGUF.")
        }
        if !settings.delivery.exports.isEmpty {
            answer.facts.append(
                """
                exports, judged and delivered as they are: \
                \(settings.delivery.exports.map(\.rawValue).joined(separator: ", "))
                """
            )
        }
    }

    /// Too few gate rows decide nothing.
    private func rows(_ settings: PipelineSettings, _ answer: inout PipelineCheckAnswer) {
        guard let counts = try? context.ledger.rowCounts(settings.name) else { return }
        let gate = counts[.gate] ?? 0
        answer.facts.append("rows: \(counts[.train] ?? 0) train, \(counts[.validation] ?? 0) validation, \(gate) gate")
        if gate > 0, gate < 50 {
            answer.warnings.append(
                Failure(
                    code: "gates.few_rows", "There are only \(gate) gate rows: most differences will stay undecided.",
                    at: "\(settings.file), data.gate_share",
                    remedy: "Drop more data; the share applies to rows that come from now on."))
        }
        answers(settings, &answer)
        if let cap = settings.gates.maximumRows as Int?, cap > 0, cap < 50 {
            answer.warnings.append(
                Failure(
                    code: "gates.few_rows", "gates.maximum_rows is \(cap): most differences will stay undecided.",
                    at: "\(settings.file), gates.maximum_rows",
                    remedy: "Raise it, or set 0 for all."))
        }
    }

    /// Wanted answers that are longer than any answer may be: no model can be right on them. From one in twenty on that
    /// is a problem.
    private func answers(_ settings: PipelineSettings, _ answer: inout PipelineCheckAnswer) {
        // They were counted by the settings in force.
        guard let limit = settings.gates.maxNewTokens, limit > 0,
            limit == context.settings.pipeline(settings.name)?.gates.maxNewTokens,
            let tokens = try? context.ledger.report(settings.name)?.tokens,
            let cut = tokens.problemCounts?[ProblemCode.answerTooLong.rawValue], cut > 0
        else { return }
        let failure = Failure(
            code: "pipeline.check",
            """
            \(cut) of \(Quantity.counted(tokens.rows, "wanted answer")) \(cut == 1 ? "is" : "are") longer than \
            \(limit) tokens, so that even a right answer is cut and counts as wrong.
            """,
            at: "\(settings.file), gates.max_new_tokens",
            remedy: "Take it out, so that the limit follows each row, or raise it.")
        if cut * 20 >= tokens.rows { answer.problems.append(failure) } else { answer.warnings.append(failure) }
    }

    private func problem(_ answer: inout PipelineCheckAnswer, _ message: String, _ place: String, _ remedy: String) {
        answer.problems.append(Failure(code: "pipeline.check", message, at: place, remedy: remedy))
    }
}
