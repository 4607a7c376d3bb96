import Foundation
import Launching
import Nouns
import Places
import Platform
import WorkerProtocol

/// An engine that scores and answers, beside the worker that does the same on the same tokens.
extension EngineCheck {
    /// The longest answer that is asked for.
    private static let longest = 4

    func asking(_ probe: Probe, wanted: (EngineFinding.Rule) -> Bool) async throws -> [(EngineFinding.Rule, String?)] {
        guard wanted(.scores) || wanted(.answers) else { return [] }
        let description = try? await roster.description(of: profile)
        let rows = try ProbeRows.write(to: folder + "/asked-rows").train
        var encode = EncodeTask(
            model: probe.plain, sets: [EvaluationSet(name: .gate, files: [rows])], maxLength: 64)
        encode.questions = EvaluationQuestions(labels: ["ab", "ba"], maxNewTokens: Self.longest)
        let asked = try await run(own("asked", .encode(encode), probe)).result?.files ?? []
        guard asked.count == 2 else {
            return [(.scores, "The worker made no questions of the rows."), (.answers, "The worker made no prompts.")]
        }
        var found: [(EngineFinding.Rule, String?)] = []
        if wanted(.scores) {
            let does = description?.does(.score) == true
            found.append((.scores, does ? try await scores(probe, asked[0]) : nil))
        }
        if wanted(.answers) {
            let does = description?.does(.generate) == true
            found.append((.answers, does ? try await answers(probe, asked[1]) : nil))
        }
        return found
    }

    private func scores(_ probe: Probe, _ tokens: FileReference) async throws -> String? {
        func task(_ model: ModelReference) -> WorkerTask {
            var task = ScoreTask(model: model, rows: [])
            task.tokens = [tokens]
            return .score(task)
        }
        let (own, other): (ProbeNumbers, ProbeNumbers)
        switch try await both("scores", probe, task) {
        case .success(let numbers): (own, other) = numbers
        case .failure(let problem): return problem.words
        }
        guard let wanted = own.doubles("losses"), let found = other.doubles("losses"),
            let right = own.integers("correct"),
            let said = other.integers("correct"), let bounds = ProbeNumbers(tokens.path)?.integers("rows")
        else { return "Its file has no `losses` (F64) and `correct` (I64) of every sequence." }
        guard found.count == wanted.count, said.count == wanted.count else {
            return "It scored \(found.count) sequences, and \(wanted.count) were asked for."
        }
        for place in wanted.indices {
            let tokens = Double(max(1, bounds[place + 1] - bounds[place]))
            guard abs(found[place] - wanted[place]) <= tolerance * tokens else {
                return "Sequence \(place + 1) has the loss \(found[place]), and \(wanted[place]) is right."
            }
        }
        let isExact = profile.precision == .float32 && profile.quantise == .none
        return isExact && said != right ? "It found \(said) labels likeliest, and \(right) is right." : nil
    }

    private func answers(_ probe: Probe, _ prompts: FileReference) async throws -> String? {
        func task(_ model: ModelReference) -> WorkerTask {
            var task = GenerateTask(model: model, conversations: [])
            task.tokens = [prompts]
            return .generate(task)
        }
        let (own, other): (ProbeNumbers, ProbeNumbers)
        switch try await both("answers", probe, task) {
        case .success(let numbers): (own, other) = numbers
        case .failure(let problem): return problem.words
        }
        guard let wanted = own.answers, let found = other.answers else {
            return "Its file has no `ids` (I32), `rows` (I64) and `stopped` (I32) that fit one another."
        }
        guard found.count == wanted.count else {
            return "It gave \(found.count) answers, and \(wanted.count) were asked for."
        }
        if let long = found.first(where: { $0.ids.count > Self.longest }) {
            return "It answered by \(long.ids.count) tokens, and \(Self.longest) is the most."
        }
        // Where numbers are coarser the likeliest token may be another one.
        guard profile.precision == .float32, profile.quantise == .none, found != wanted else { return nil }
        let place = zip(found, wanted).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
        return "It answered prompt \(place + 1) by \(found[place].inWords), and \(wanted[place].inWords) is right."
    }

    // MARK: - Both engines

    private struct Problem: Error {
        let words: String
    }

    /// What the worker gives, and what the engine gives of the same.
    private func both(_ name: String, _ probe: Probe, _ task: (ModelReference) -> WorkerTask) async throws
        -> Result<(ProbeNumbers, ProbeNumbers), Problem>
    {
        let own = try await run(self.own(name + "-own", task(probe.plain), probe))
        var request = self.own(name, task(probe.task.model), probe)
        request.compute = profile.compute
        let run = try await run(request)
        guard let result = run.result else {
            return .failure(Problem(words: "It told of no result; it \(run.ending)."))
        }
        do {
            let files = try EngineResult(request).files(result, count: 1)
            guard let other = ProbeNumbers(files[0].path), let first = own.result?.files?.first,
                let mine = ProbeNumbers(first.path)
            else { return .failure(Problem(words: "\(files[0].path) is no safetensors file.")) }
            return .success((mine, other))
        } catch let failure as Failure {
            return .failure(Problem(words: failure.message))
        }
    }

    /// A request of the worker in a folder of its own.
    private func own(_ name: String, _ task: WorkerTask, _ probe: Probe) -> WorkerRequest {
        WorkerRequest(id: name, directory: folder + "/" + name, task: task, threads: threads)
    }
}
