import Foundation
import ModelLoading
import Nouns
import Platform
import Tensors
import TestSupport
import Testing
import WorkerProtocol

@testable import Evaluation
@testable import Transformers

/// What is computed once for labels, losses and answers is what each of them is by itself.
@Suite(.serialized)
struct RowSetEvaluationTests {
    private let sandbox: Sandbox
    private let loaded: LoadedModel
    private let transformer: Transformer

    init() throws {
        sandbox = try Sandbox()
        loaded = try LoadedModel(path: TestSupport.model())
        transformer = try Transformer(loaded.model, team: ThreadTeam(threads: 2))
    }

    private static let words = ["apple", "green apple", "network", "net", "games", "the game", "x y z"]

    /// Rows that ask to repeat a word, so that some answers are the label.
    private func rows(labels: [String]) -> [Row] {
        (0..<14).map { index in
            let label = labels[index % labels.count]
            return Row(
                id: RowID(String(format: "%032x", index + 1)),
                content: .completion(prompt: "Repeat this and nothing else: \(label)", completion: label),
                split: .gate, label: label, promptKey: "\(index)", drop: "d-1", line: index + 1)
        }
    }

    private func evaluate(
        _ rows: [Row], labels: [String]?, cut: Bool, tokens: Int? = 6, memoryBytes: Int = 256 << 20,
        known: [FileReference]? = nil, warn: @escaping (any Error, String) -> Void = { _, _ in }
    ) throws -> (records: [ExampleRecord], stages: [String]) {
        let path = sandbox.root + "/rows.jsonl"
        let lines = try rows.map { try ContractCoding.encode($0) + Data([10]) }
        try lines.reduce(Data(), +).write(to: URL(filePath: path))
        var set = EvaluationSet(name: .gate, files: [FileReference(path: path, sha256: "", bytes: 0)])
        if cut { set.cutsAnswers = true }
        set.known = known
        let task = EvaluateTask(
            model: ModelReference(basePath: "", base: "tiny", baseDigest: ""), sets: [set], labels: labels,
            maxNewTokens: tokens)
        var stages: [String] = []
        let observer = WorkObserver(
            stage: { stages.append($0) }, progress: { _, _, _ in }, warn: warn, interruption: {})
        let evaluation = RowSetEvaluation(
            set: set, task: task, encoder: loaded.encoder, transformer: transformer, memoryBytes: memoryBytes,
            observer: observer)
        return (try evaluation.run().records, stages)
    }

    /// The summed loss, labelled tokens and right ones of sequences, as they were computed before labels were a tree:
    /// all of each sequence but beginnings of eight tokens and more, and each label site by itself.
    private func before(_ sequences: [TokenSequence]) throws -> [(loss: Double, tokens: Int, correct: Int)] {
        let tree = TokenTree(sequences)
        var sums = [(loss: Double, tokens: Int, correct: Int)](repeating: (0, 0, 0), count: sequences.count)
        for (site, found) in zip(tree.labels, try transformer.loss(tree, try transformer.forward(tree))) {
            sums[Int(site.sequence)].loss += Double(found.loss) * Double(site.weight)
            sums[Int(site.sequence)].tokens += 1
            sums[Int(site.sequence)].correct += found.correct ? 1 : 0
        }
        return sums
    }

    private func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(abs(a), abs(b)) }

    @Test func lossesAndLabelsAreThoseOfBefore() throws {
        let labels = Self.words
        let rows = rows(labels: labels)
        let records = try evaluate(rows, labels: labels, cut: true).records
        var sequences: [TokenSequence] = []
        for row in rows {
            sequences.append(try loaded.encoder.example(row, maximumLength: 512).sequence)
            for label in labels {
                let content = try #require(RowEncoder.replacingAnswer(row.content, by: label))
                sequences.append(try loaded.encoder.example(content, maximumLength: 512).sequence)
            }
        }
        let expected = try before(sequences)
        for (index, record) in records.enumerated() {
            let own = expected[index * (labels.count + 1)]
            #expect(close(record.lossSum, own.loss))
            #expect(record.tokens == own.tokens && record.correctTokens == own.correct)
            #expect(record.labelScores?.count == labels.count)
            for (place, label) in labels.enumerated() {
                let score = try #require(record.labelScores?[label])
                let wanted = -expected[index * (labels.count + 1) + 1 + place].loss
                #expect(close(score, wanted), "\(label) of row \(index): \(score), before \(wanted)")
            }
        }
    }

    /// A gate that grew costs its new rows alone.
    @Test func rowsThatAreKnownAreNotScoredAgain() throws {
        let all = rows(labels: Self.words)
        let whole = try evaluate(all, labels: Self.words, cut: true).records
        // What is known stands in any order, says rows that are not asked, and is told by a mark that no model makes.
        let path = sandbox.root + "/known.jsonl"
        var marked = whole.enumerated().filter { $0.offset % 3 != 1 }.map(\.element).reversed().map { record in
            var record = record
            record.set = .validation
            record.promptTokens += 1000
            return record
        }
        marked[0].row = RowID(String(repeating: "f", count: 32))
        let bytes = try marked.map { try ContractCoding.encode($0) + Data([10]) }.reduce(Data(), +)
        try bytes.write(to: URL(filePath: path))
        let file = FileReference(path: path, sha256: Digest.sha256(bytes), bytes: bytes.count)
        let found = try evaluate(all, labels: Self.words, cut: true, known: [file]).records
        #expect(found.map(\.row) == whole.map(\.row) && found.allSatisfy { $0.set == .gate })
        let names = Set(marked.map(\.row))
        for (one, other) in zip(whole, found) {
            #expect(other.promptTokens == one.promptTokens + (names.contains(one.row) ? 1000 : 0))
            #expect(close(one.lossSum, other.lossSum) || abs(one.lossSum - other.lossSum) < 1e-4)
            #expect(one.output == other.output && one.labelScores?.count == other.labelScores?.count)
        }
        #expect(try evaluate(all, labels: Self.words, cut: true, known: [file]).records == found)
        // Where nothing is new nothing is computed, and a damaged file is told of and not believed.
        var complete = whole
        complete[0].promptTokens = 7
        let again = try complete.map { try ContractCoding.encode($0) + Data([10]) }.reduce(Data(), +)
        try again.write(to: URL(filePath: path))
        let sound = FileReference(path: path, sha256: Digest.sha256(again), bytes: again.count)
        #expect(try evaluate(all, labels: Self.words, cut: true, known: [sound]).records == complete)
        var warnings: [String] = []
        let rescored = try evaluate(all, labels: Self.words, cut: true, known: [file]) {
            warnings.append("\($0) \($1)")
        }
        #expect(rescored.records == whole && warnings.count == 1 && warnings.first?.contains(path) == true)
    }

    /// In passes of a few sequences beginnings are shared otherwise, which changes roundings alone.
    @Test func whatFitsAPassChangesRoundingsAlone() throws {
        let rows = rows(labels: Self.words)
        let whole = try evaluate(rows, labels: Self.words, cut: true, tokens: 0).records
        let parts = try evaluate(rows, labels: Self.words, cut: true, tokens: 0, memoryBytes: 0).records
        for (one, other) in zip(whole, parts) {
            #expect(abs(one.lossSum - other.lossSum) <= 1e-4 * max(1, one.lossSum))
        }
        #expect(whole.allSatisfy { $0.labelScores?.count == Self.words.count && $0.output == nil })
    }

    @Test func answersAreThoseOfBefore() throws {
        // Labels that the model answers with: what it says of its own accord to some of the rows.
        let said = try evaluate(rows(labels: Self.words), labels: nil, cut: false).records.compactMap(\.output)
        let labels = Array(Set(Self.words + said.prefix(3).map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }))
            .filter { !$0.isEmpty }.sorted()
        let rows = rows(labels: labels)
        let (whole, _) = try evaluate(rows, labels: labels, cut: false)
        let (cut, _) = try evaluate(rows, labels: labels, cut: true)
        var (read, short) = (0, 0)
        for (one, other) in zip(whole, cut) {
            let output = try #require(one.output)
            let mine = try #require(other.output)
            let isRight = { (text: String) in text.trimmingCharacters(in: .whitespacesAndNewlines) }
            #expect((isRight(output) == one.label) == (isRight(mine) == one.label))
            #expect(labels.contains(isRight(output)) == labels.contains(isRight(mine)))
            if other.isCutShort {
                short += 1
                #expect(output.hasPrefix(mine) && other.outputTokens == nil)
            } else {
                read += 1
                #expect(mine == output && other.finish == one.finish && other.outputTokens == one.outputTokens)
            }
        }
        #expect(read > 0 && short > 0, "\(read) whole, \(short) cut")
        // Without leave every answer is whole.
        #expect(whole.allSatisfy { !$0.isCutShort && $0.outputTokens != nil })
    }

    @Test func rowsWithoutAClassAreAnsweredWhole() throws {
        var rows = rows(labels: Self.words)
        for index in rows.indices { rows[index].label = nil }
        let records = try evaluate(rows, labels: nil, cut: true).records
        #expect(records.allSatisfy { !$0.isCutShort && $0.outputTokens != nil })
    }

    @Test func nothingIsGeneratedWhereLabelsTellAll() throws {
        var row = rows(labels: ["yes"])[0]
        let said = try #require(try evaluate([row], labels: nil, cut: false).records.first)
        let answer = (said.output ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        row.label = answer
        let labels = [answer, "something else"].sorted()
        let (records, stages) = try evaluate([row], labels: labels, cut: true)
        #expect(stages == ["scoring gate"] || records.first?.finish != "stop")
        #expect(records.first?.output?.hasPrefix(answer) == true || records.first?.isCutShort == true)
    }
}
