import EvaluationMetrics
import Nouns
import Settings
import WorkerProtocol

extension GatingRules {
    /// The gates on the bytes that would be served: what was judged is what is written, whole and unchanged.
    static func bytes(
        _ bytes: ServedBytes, _ evidence: Evidence, _ settings: GatesSettings, _ training: TrainingResult?
    ) -> [GateResult] {
        var gates = [inspected(.candidate, "the trained weights", bytes, isMerged: false)]
        gates += written(bytes, training)
        for artefact in bytes.artefacts {
            if let failure = artefact.failure {
                gates.append(
                    result("\(artefact.format.rawValue) can be delivered", .fail, "It could not be written: \(failure)")
                )
                continue
            }
            gates.append(inspected(artefact.role, artefact.format.rawValue, bytes, isMerged: artefact.format != .peft))
            gates.append(agreement(artefact, bytes, evidence, settings))
        }
        return gates
    }

    /// Every number is finite, the adapter changes something, and base, tokenizer and template are those of the card.
    private static func inspected(_ role: ModelRole, _ what: String, _ bytes: ServedBytes, isMerged: Bool) -> GateResult
    {
        let rule = "\(what): sound, and of this base"
        guard let found = bytes.inspections[role] else {
            return result(rule, .fail, "The worker did not look at the bytes; what was not looked at fails.")
        }
        let card = bytes.card
        var faults: [String] = []
        if found.nonFinite > 0 {
            faults.append("\(found.nonFinite) numbers are not finite (the first in \(found.firstNonFinite ?? "?"))")
        }
        if !isMerged {
            if !((found.adapterChange ?? 0) > 0) { faults.append("the adapter changes nothing") }
            if found.baseDigest != card.digest {
                faults.append("the base is \(found.baseDigest.prefix(16)) and not \(card.digest.prefix(16))")
            }
        }
        // A folder made from a GGUF file keeps its tokenizer in another form, whose digest says nothing.
        let sameForm = !isMerged || (role.rawValue.contains("gguf") == (card.format == "gguf"))
        if sameForm, found.tokenizerDigest != card.tokenizerDigest {
            faults.append(
                "the tokenizer is \(found.tokenizerDigest.prefix(16)) and not \(card.tokenizerDigest.prefix(16))")
        }
        if found.templateDigest != card.chatTemplateDigest {
            faults.append(
                """
                the chat template is \(found.templateDigest?.prefix(16) ?? "none") and not \
                \(card.chatTemplateDigest?.prefix(16) ?? "none")
                """
            )
        }
        let change =
            found.adapterChange.map { ", the adapter moves the weights by \(text($0)) (root mean square)" } ?? ""
        return result(
            rule, faults.isEmpty ? .pass : .fail,
            faults.isEmpty
                ? """
                All numbers are finite\(change), and base, tokenizer and template have the registered digests.
                """
                : faults.joined(separator: "; ") + ".")
    }

    /// The adapter as it lies on disk has the validation loss that training measured in memory.
    private static func written(_ bytes: ServedBytes, _ training: TrainingResult?) -> [GateResult] {
        guard let measured = training?.validationTokenLoss ?? training?.validationLoss else { return [] }
        let tolerance = ExportFormat.peft.judgedTolerance
        let rule = "the written adapter is the trained one, within \(text(tolerance)) nats a token"
        guard let found = MetricRegistry.metric(.loss)?.value(bytes.validation.map { MetricInput($0) }) else {
            return [
                result(
                    rule, .fail, "The validation rows were not scored again; what was not looked at fails.",
                    set: .validation, metric: .loss)
            ]
        }
        var gate = result(
            rule, abs(found - measured) <= tolerance ? .pass : .fail,
            "The validation loss is \(text(found)) as loaded from disk, and was \(text(measured)) while training.",
            set: .validation, metric: .loss)
        (gate.candidate, gate.reference, gate.rows) = (found, measured, bytes.validation.count)
        return [gate]
    }

    /// The exported files have the candidate's losses, row by row.
    private static func agreement(
        _ artefact: Artefact, _ bytes: ServedBytes, _ evidence: Evidence, _ settings: GatesSettings
    ) -> GateResult {
        let tolerance = settings.artefactTolerance ?? (artefact.written ?? artefact.format).judgedTolerance
        let rule = "\(artefact.format.rawValue) agrees with the trained model within \(text(tolerance)) nats a token"
        let records = bytes.artefactRecords[artefact.role] ?? []
        let gate = evidence.candidate.filter { $0.set == .gate }
        guard !gate.isEmpty, records.map(\.row) == gate.map(\.row) else {
            return result(
                rule, .fail, "The exported files were not scored on the same rows; what was not looked at fails.")
        }
        let tokens = max(1, gate.reduce(0) { $0 + $1.tokens })
        // Row by row, so that a row that got worse is not made good by another that got better.
        let difference = zip(records, gate).reduce(0) { $0 + abs($1.0.lossSum - $1.1.lossSum) } / Double(tokens)
        let worst = zip(records, gate).max { abs($0.0.lossSum - $0.1.lossSum) < abs($1.0.lossSum - $1.1.lossSum) }
        let agrees = difference.isFinite && difference <= tolerance
        var found = result(
            rule, agrees ? .pass : .fail,
            """
            Loaded back and scored on \(gate.count) gate rows, its losses differ by \(text(difference)) nats a \
            token on average
            """
                + (worst.map { ", most on row \($0.1.row)." } ?? "."))
        let loss = MetricRegistry.metric(.loss)
        found.candidate = loss?.value(records.map { MetricInput($0) })
        found.reference = loss?.value(gate.map { MetricInput($0) })
        found.difference = difference
        found.margin = tolerance
        found.rows = gate.count
        return found
    }

    private static func result(
        _ rule: String, _ outcome: Verdict.Outcome, _ explanation: String, set: SetName = .gate,
        metric: MetricKey = .bytes
    ) -> GateResult {
        GateResult(
            rule: rule, kind: .artefact, set: set, metric: metric, outcome: outcome, rows: 0, explanation: explanation)
    }
}
