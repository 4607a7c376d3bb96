import Foundation
import Nouns
import Places
import Platform
import WorkerProtocol

/// What an engine gave, looked at before anybody believes it: files lie in the request's folder, are whole and have the
/// digests that they are said to have, and figures are numbers.
package struct EngineResult: Sendable {
    let request: WorkerRequest
    /// What was trained; nil where nothing was.
    let task: TrainTask?

    package init(_ request: WorkerRequest, _ task: TrainTask? = nil) {
        self.request = request
        self.task = task
    }

    /// The files of numbers that it gave, as many as were asked for, with absolute paths. Throws a Failure
    /// (`engine.result`) that names the file, or a FileFailure.
    package func files(_ result: WorkerResult, count: Int) throws -> [FileReference] {
        let files = result.files ?? []
        guard files.count == count else {
            throw fault("gave \(files.count) files of numbers, and \(count) were asked for", at: request.directory)
        }
        return try files.map { file in
            var file = file
            let path = file.path.hasPrefix("/") ? file.path : request.directory + "/" + file.path
            guard
                URL(filePath: path).standardizedFileURL.deletingLastPathComponent().path
                    == URL(filePath: request.directory).standardizedFileURL.path
            else { throw fault("named a file outside the folder of its request", at: file.path) }
            let digest = try digest(path)
            guard digest == file.sha256 else {
                throw fault("gave a file of the SHA-256 \(digest), and said \(file.sha256)", at: path)
            }
            file.path = path
            return file
        }
    }

    /// The result with absolute paths. Throws a Failure (`engine.result`) that names the file or figure, its value and
    /// the remedy; or a FileFailure where the machine does not let it be read.
    package func checked(_ result: WorkerResult) throws -> TrainingResult {
        guard var training = result.training, let task else {
            throw fault("gave no trained model", at: request.directory)
        }
        try checkFigures(training, task)
        training.adapter = try adapter(training.adapter, task)
        return training
    }

    /// What the curve of a sweep speaks for. Throws a Failure (`engine.result`) where it is none.
    package func curve(_ result: WorkerResult, of sweep: RangeTestTask) throws -> RangeTestResult {
        guard let range = result.range else { throw fault("gave no curve of learning rates", at: request.directory) }
        let (rates, losses) = (range.learningRates, range.losses)
        guard rates.count == losses.count, rates.count <= sweep.steps, losses.allSatisfy(\.isFinite),
            rates.allSatisfy({ ($0 / sweep.lowest > 0.999) && ($0 / sweep.highest < 1.001) }),
            zip(rates, rates.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw fault(
                "gave a curve that is none: \(rates.count) rates and \(losses.count) losses",
                at: WorkFolder(request.directory).result)
        }
        return RangeTestRules.read(rates, losses, lowest: sweep.lowest)
    }

    private func checkFigures(_ training: TrainingResult, _ task: TrainTask) throws {
        let numbers: [(String, Double?)] = [
            ("finalLoss", training.finalLoss), ("validationLoss", training.validationLoss),
            ("startValidationLoss", training.startValidationLoss), ("seconds", training.seconds),
            ("tokensPerSecond", training.tokensPerSecond),
        ]
        for case (let name, let value?) in numbers where !value.isFinite || value < 0 {
            throw fault("gave the figure '\(name)' the value \(value)", at: WorkFolder(request.directory).result)
        }
        guard training.steps > 0, (0...training.steps).contains(training.bestStep) else {
            throw fault(
                "gave \(training.steps) steps, of which \(training.bestStep) is the best",
                at: WorkFolder(request.directory).result)
        }
        guard !training.paused || task.pauseAtStep != nil else {
            throw fault("paused, and was not asked to", at: WorkFolder(request.directory).result)
        }
        guard task.validation.isEmpty || training.validationLoss != nil else {
            throw fault("gave no validation loss", at: WorkFolder(request.directory).result)
        }
    }

    // MARK: - Files

    private func adapter(_ said: AdapterReference, _ task: TrainTask) throws -> AdapterReference {
        let path = try folder(said.path)
        let isFull = task.recipe.method == .full
        let weights = path + (isFull ? "/model.safetensors" : "/adapter_model.safetensors")
        let configuration = path + (isFull ? "/config.json" : "/adapter_config.json")
        let digest = try digest(weights)
        guard digest == said.sha256 else {
            throw fault("gave a file of the SHA-256 \(digest), and said \(said.sha256)", at: weights)
        }
        let described = try self.digest(configuration)
        if let said = said.configuration, said != described {
            throw fault("gave a file of the SHA-256 \(described), and said \(said)", at: configuration)
        }
        if !isFull, task.startAdapter == nil { try checkScale(configuration, task.recipe) }
        return AdapterReference(path: path, sha256: digest, configuration: isFull ? nil : described)
    }

    /// The folder of what was trained, below that of the request.
    private func folder(_ said: String) throws -> String {
        let own = URL(filePath: request.directory).resolvingSymlinksInPath().standardizedFileURL.path
        let path = said.hasPrefix("/") ? said : request.directory + "/" + said
        let found = URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path
        guard found.hasPrefix(own + "/") else { throw fault("named a folder outside that of its request", at: said) }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw fault("named a folder that is not there", at: path)
        }
        return URL(filePath: path).standardizedFileURL.path
    }

    private func digest(_ path: String) throws -> String {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw fault("did not write a file that belongs to its result", at: path)
        }
        return try Digest.sha256(file: path)
    }

    /// A fresh adapter has the rank and the scale that the recipe asks for.
    private func checkScale(_ path: String, _ recipe: Recipe) throws {
        let data = FileManager.default.contents(atPath: path) ?? Data()
        guard let members = (try? ContractCoding.decode(JSONValue.self, from: data))?.objectValue else {
            throw fault("wrote a file that is no JSON object", at: path)
        }
        let wanted: [(String, Double, Double?)] = [
            ("r", Double(recipe.rank), members["r"]?.doubleValue),
            ("lora_alpha", recipe.alpha, members["lora_alpha"]?.doubleValue),
        ]
        for (key, expected, found) in wanted where found != expected {
            throw fault("wrote \(key) = \(found.map { "\($0)" } ?? "nothing"), and \(expected) was asked for", at: path)
        }
        guard members["use_rslora"] ?? .bool(false) == .bool(recipe.rsLoRA) else {
            throw fault("wrote another use_rslora than the recipe asks for", at: path)
        }
    }

    private func fault(_ what: String, at place: String) -> Failure {
        Failure(
            code: "engine.result", "The engine \(what).", at: place,
            remedy:
                "Try the engine with `ftctl engine check \(request.compute?.engine ?? "NAME")`; its result is not used."
        )
    }
}
