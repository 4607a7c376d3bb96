import Encoding
import Generation
import ModelLoading
import Nouns
import Tensors
import Transformers
import WorkerProtocol

/// What may be asked, and what it means in tokens; every refusal names the value and the remedy.
struct QuestionRules: Sendable {
    /// The longest sequence in tokens, prompt and answer; nil: what the model and the memory allow.
    let context: Int?

    private static let mostChoices = 128
    private static let mostTop = 20
    private static let mostAnswers = 400

    /// The sequences of an order. Throws what is wrong with it.
    func job(_ order: ServingOrder, _ model: ShelvedModel, capacity: Int, _ client: any ServingClient) throws
        -> ServingJob
    {
        guard let question = order.question else {
            throw Self.missing("question", "what is asked, as messages, prompt, text or tokens")
        }
        let longest = min(model.engine.base.transformer.model.configuration.context, context ?? .max, capacity)
        return order.op == .score
            ? try scoring(order, question, model, longest, client)
            : try drawing(order, question, model, longest, client)
    }

    // MARK: Answers

    private func drawing(
        _ order: ServingOrder, _ question: ServingQuestion, _ model: ShelvedModel, _ longest: Int,
        _ client: any ServingClient
    ) throws -> ServingJob {
        let drawing = order.drawing ?? ServingDrawing()
        try check(drawing)
        // A template without tools would leave them out of the prompt: that it has none is the plainer word.
        let tools = try ToolRules(question, drawing, model)
        let prompt = try prompt(question, model)
        try checkLength(prompt.count, longest)
        let wanted = drawing.maxNewTokens ?? longest
        guard drawing.maxNewTokens == nil || wanted == 0 || prompt.count < longest else {
            throw tooLong(prompt.count, longest)
        }
        let isGreedy = drawing.temperature ?? 0 == 0
        let seed = drawing.seed ?? (isGreedy ? 0 : UInt64.random(in: 0...UInt64.max))
        let options = GenerationOptions(
            maxNewTokens: min(wanted, longest - prompt.count), temperature: drawing.temperature ?? 0,
            topP: drawing.topP ?? 1, topK: drawing.topK ?? 0, seed: seed, stopTokens: model.stopTokens)
        var request = SequenceRequest(
            model: model.engine, prompt: prompt, options: options, logprobs: drawing.logprobs,
            presencePenalty: Float(drawing.presencePenalty ?? 0), frequencyPenalty: Float(drawing.frequencyPenalty ?? 0)
        )
        request.bias = try bias(drawing)
        let schema = try drawing.format.map { try SchemaReader.read($0.schema) }
        if schema != nil, tools?.isForced == true {
            throw Failure(
                code: "request.value", "A format and a tool that has to be called exclude each other.",
                at: "drawing.format", remedy: "Leave one of them out.")
        }
        let requests = (0..<(drawing.choices ?? 1)).map { index in
            var own = request
            own.index = index
            own.constraint =
                schema.map { JSONAnswer($0, model.tokenizer, stopTokens: model.stopTokens) } ?? tools?.constraint()
            if index == 0, let top = drawing.promptLogprobs {
                own.scored = Array(1..<max(1, prompt.count))
                own.scoredTop = top
            }
            return own
        }
        return ServingJob(
            order.id, requests, tokenizer: model.tokenizer, promptTokens: prompt.count, stops: drawing.stop ?? [],
            seed: isGreedy ? nil : seed, isScoring: false, tellsPrompt: drawing.promptLogprobs != nil,
            calls: tools?.reader, mostCalls: tools?.mostCalls ?? .max,
            client)
    }

    private func check(_ drawing: ServingDrawing) throws {
        func check(_ name: String, _ value: Double?, _ range: ClosedRange<Double>) throws {
            guard let value, !(value.isFinite && range.contains(value)) else { return }
            throw Failure(
                code: "request.value", "\(name) is \(value).", at: "drawing.\(name)",
                remedy: "Give \(range.lowerBound.formatted) to \(range.upperBound.formatted).")
        }
        try check("temperature", drawing.temperature, 0...100)
        try check("topP", drawing.topP, 0...1)
        try check("topK", drawing.topK.map(Double.init), 0...1_000_000)
        try check("maxNewTokens", drawing.maxNewTokens.map(Double.init), 0...16_777_216)
        try check("choices", drawing.choices.map(Double.init), 1...Double(Self.mostChoices))
        try check("logprobs", drawing.logprobs.map(Double.init), 0...Double(Self.mostTop))
        try check("promptLogprobs", drawing.promptLogprobs.map(Double.init), 0...Double(Self.mostTop))
        try check("presencePenalty", drawing.presencePenalty, -2...2)
        try check("frequencyPenalty", drawing.frequencyPenalty, -2...2)
        if let stop = drawing.stop, stop.contains("") {
            throw Failure(
                code: "request.value", "A stop text is empty.", at: "drawing.stop", remedy: "Leave it out.")
        }
    }

    private func bias(_ drawing: ServingDrawing) throws -> [Int32: Float] {
        var result: [Int32: Float] = [:]
        for (key, value) in drawing.bias ?? [:] {
            guard let id = Int32(key), value.isFinite, abs(value) <= 100 else {
                throw Failure(
                    code: "request.value", "The bias of '\(key)' is \(value).", at: "drawing.bias",
                    remedy: "Give token ids, and numbers from -100 to 100.")
            }
            result[id] = Float(value)
        }
        return result
    }

    // MARK: Likelihoods

    private func scoring(
        _ order: ServingOrder, _ question: ServingQuestion, _ model: ShelvedModel, _ longest: Int,
        _ client: any ServingClient
    ) throws -> ServingJob {
        guard let answers = order.answers, (1...Self.mostAnswers).contains(answers.count) else {
            throw Self.missing("answers", "1 to \(Self.mostAnswers) answers")
        }
        let promptTokens = try prompt(question, model).count
        let requests = try answers.map { answer in
            let example = try model.encoder.example(
                try row(question, answer), maximumLength: model.engine.base.transformer.model.configuration.context)
            try checkLength(example.ids.count + example.truncated, longest)
            return SequenceRequest(
                model: model.engine, prompt: example.ids,
                options: GenerationOptions(maxNewTokens: 0, stopTokens: model.stopTokens),
                scored: example.labels.indices.filter { example.labels[$0] })
        }
        return ServingJob(
            order.id, requests, tokenizer: model.tokenizer, promptTokens: promptTokens, stops: [], seed: nil,
            isScoring: true, client)
    }

    /// The question with one of its answers, as a row would have it.
    private func row(_ question: ServingQuestion, _ answer: String) throws -> RowContent {
        if let prompt = question.prompt { return .completion(prompt: prompt, completion: answer) }
        guard var messages = question.messages else {
            throw Failure(
                code: "request.question", "Answers to a text or to tokens cannot be scored.", at: "question",
                remedy: "Give messages or a prompt.")
        }
        for index in messages.indices { messages[index].trained = false }
        messages.append(Message(role: "assistant", content: answer, trained: true))
        return .chat(messages: messages, tools: question.tools)
    }

    // MARK: Questions

    /// The tokens of a question.
    private func prompt(_ question: ServingQuestion, _ model: ShelvedModel) throws -> [Int32] {
        if let messages = question.messages {
            guard !messages.isEmpty else { throw Self.missing("question.messages", "at least one message") }
            guard model.hasTemplate || (messages.count == 1 && messages[0].role == "user") else {
                throw Failure(
                    code: "request.no_template",
                    "This base has no chat template, and there are \(messages.count) messages.",
                    at: "question.messages",
                    remedy: "Ask one message of the user, or take a base with a chat template.")
            }
            return try model.encoder.prompt(messages, tools: question.tools)
        }
        if let prompt = question.prompt {
            guard !prompt.isEmpty else { throw Self.missing("question.prompt", "a prompt that is not empty") }
            return try model.encoder.encoder.encode(promptOnly: prompt)
        }
        if let text = question.text {
            guard !text.isEmpty else { throw Self.missing("question.text", "a text that is not empty") }
            return model.encoder.encoder.encode(open: text)
        }
        guard let tokens = question.tokens, !tokens.isEmpty else {
            throw Self.missing("question", "what is asked, as messages, prompt, text or tokens")
        }
        let vocabulary = model.engine.base.transformer.model.configuration.vocabulary
        if let unknown = tokens.first(where: { $0 < 0 || Int($0) >= vocabulary }) {
            throw Failure(
                code: "request.token", "There is no token \(unknown).", at: "question.tokens",
                remedy: "Give ids from 0 to \(vocabulary - 1).")
        }
        return tokens
    }

    private func checkLength(_ count: Int, _ longest: Int) throws {
        guard count > 0 else { throw Self.missing("question", "a question that is not empty") }
        guard count <= longest else { throw tooLong(count, longest) }
    }

    private func tooLong(_ count: Int, _ longest: Int) -> Failure {
        Failure(
            code: "request.context", "The prompt has \(count) tokens, and the context is \(longest).",
            at: "question",
            remedy: "Shorten the prompt, or raise serving.context or serving.memory where they are what limits it.")
    }

    static func missing(_ place: String, _ what: String) -> Failure {
        Failure(code: "request.missing", "\(place) is missing or empty.", at: place, remedy: "Give \(what).")
    }

    /// Any error as one that the sender can act on.
    static func failure(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case is TokenChoice.NotFinite:
            Failure(
                code: "serving.not_finite", "The model's numbers are not finite.",
                remedy: "The version is broken: ask another one, and train it anew.")
        case let memory as FloatBuffer.OutOfMemory:
            Failure(code: "serving.memory", "\(memory).", remedy: "Lower serving.memory, or free memory.")
        default:
            Failure(
                code: "request.template", "The chat template cannot write this conversation: \(error).",
                at: "question.messages", remedy: "Change the messages to what the template takes.")
        }
    }
}

extension Double {
    /// Without a fraction where it has none.
    fileprivate var formatted: String { self == rounded() ? String(Int(self)) : String(self) }
}
