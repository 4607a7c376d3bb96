import Foundation
import Nouns
import Settings
import TestSupport
import Testing
import WorkerProtocol

@testable import Gating

/// What is judged is what is served: the gates on the bytes.
@Suite struct ServedBytesTests {
    static let card = BaseCard(
        id: "b", architecture: "llama", parameters: 10, quantisation: [:], contextLength: 8, layers: 1, width: 1,
        vocabulary: 2, tokenizer: "t",
        tokenizerDigest: "tok", chatTemplateDigest: "tpl", format: "gguf", digest: "base", trainingMemoryBytes: 1)
    static let sound = ModelInspection(
        baseDigest: "base", tokenizerDigest: "tok", templateDigest: "tpl", nonFinite: 0, parameters: 10,
        adapterParameters: 4, adapterChange: 0.01)
    static let training = TrainingResult(
        adapter: AdapterReference(path: "", sha256: ""), steps: 1, bestStep: 1, finalLoss: 0.3, validationLoss: 0.5,
        startValidationLoss: 1, seconds: 1, tokens: 1,
        labelTokens: 1, tokensPerSecond: 1, peakMemoryBytes: 1, machine: "m")

    static func verdict(_ change: (inout GatingRules.ServedBytes) -> Void) -> Verdict { verdict({ _ in }, change) }

    static func verdict(_ settings: (inout GatesSettings) -> Void, _ change: (inout GatingRules.ServedBytes) -> Void)
        -> Verdict
    {
        var bytes = GatingRules.ServedBytes(card: card)
        bytes.inspections[.candidate] = sound
        bytes.validation = Cases.records(10, set: "validation", right: { _ in true }, loss: { _ in 0.5 })
        change(&bytes)
        return Cases.judge(
            Cases.strong(60), base: Cases.weak(60), training: training, settings, evidence: { $0.bytes = bytes })
    }

    @Test func soundBytesPass() {
        let verdict = Self.verdict { _ in }
        #expect(verdict.outcome == .pass, "\(verdict.summary)")
        #expect(verdict.gates.filter { $0.kind == .artefact }.count == 2)
    }

    static let faults: [(String, @Sendable (inout ModelInspection) -> Void)] = [
        ("not finite", { ($0.nonFinite, $0.firstNonFinite) = (3, "layer 2, q") }),
        ("changes nothing", { $0.adapterChange = 0 }), ("changes nothing", { $0.adapterChange = nil }),
        ("the base is", { $0.baseDigest = "other" }), ("the tokenizer is", { $0.tokenizerDigest = "other" }),
        ("the chat template is", { $0.templateDigest = nil }),
    ]

    @Test(arguments: 0..<6)
    func unsoundBytesFail(index: Int) {
        let (message, change) = Self.faults[index]
        let verdict = Self.verdict { bytes in
            var inspection = Self.sound
            change(&inspection)
            bytes.inspections[.candidate] = inspection
        }
        #expect(
            verdict.outcome == .fail
                && verdict.gates.contains { $0.outcome == .fail && $0.explanation.contains(message) })
    }

    @Test func whatWasNotLookedAtFails() {
        #expect(Self.verdict { $0.inspections = [:] }.outcome == .fail)
        #expect(Self.verdict { $0.validation = [] }.outcome == .fail)
        // Another loss from disk than in training's memory: the adapter that is served is not the one that was trained.
        #expect(
            Self.verdict {
                $0.validation = Cases.records(10, set: "validation", right: { _ in true }, loss: { _ in 0.51 })
            }.outcome == .fail)
    }

    static func exported(_ shift: Double, _ format: ExportFormat = .ggufQ8) -> (inout GatingRules.ServedBytes) ->
        Void
    {
        { bytes in
            let artefact = Artefact(format: format, path: "/x")
            bytes.artefacts = [artefact]
            var inspection = sound
            (inspection.baseDigest, inspection.adapterChange) = ("merged", nil)
            bytes.inspections[artefact.role] = inspection
            bytes.artefactRecords[artefact.role] = Cases.strong(60).map {
                var record = $0
                // Up on one row and down on the next: a mean over all rows would not see it.
                record.lossSum += (record.row.rawValue.hasSuffix("0") ? 2 : -2) * shift
                record.output = nil
                return record
            }
        }
    }

    @Test func exportedFilesMustAgree() throws {
        #expect(Self.verdict(Self.exported(0.03)).outcome == .pass)
        let verdict = Self.verdict(Self.exported(0.06))
        #expect(verdict.outcome == .fail)
        let gate = try #require(verdict.gates.first { $0.outcome == .fail })
        #expect(gate.rule.contains("gguf-q8_0") && abs((gate.difference ?? 0) - 0.06) < 1e-9)
        #expect(Self.verdict({ $0.artefactTolerance = 0.1 }, Self.exported(0.06)).outcome == .pass)
        #expect(Self.verdict(Self.exported(0.03, .ggufF16)).outcome == .fail)
    }

    @Test func exportsThatFailedOrWereNotScoredFail() {
        #expect(
            Self.verdict {
                $0.artefacts = [Artefact(format: .peft, path: "/x", failure: Failure(code: "export.x", "No."))]
            }.gates.contains {
                $0.outcome == .fail && $0.explanation.contains("No.")
            })
        #expect(
            Self.verdict { bytes in
                Self.exported(0)(&bytes)
                bytes.artefactRecords = [:]
            }.outcome == .fail)
        #expect(
            Self.verdict { bytes in
                Self.exported(0)(&bytes)
                bytes.inspections[.artefact(.ggufQ8)] = nil
            }.outcome == .fail)
    }
}
