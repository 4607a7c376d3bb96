import Nouns

extension WorkerTask: Codable {
    /// The name on the wire.
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case inspect, measure, encode, train, evaluate, generate, export, score, serve, yardstick, records
        case rangeTest = "range-test"
    }

    /// Which kind of work this is.
    package var kind: Kind {
        switch self {
        case .inspect: .inspect
        case .measure: .measure
        case .encode: .encode
        case .train: .train
        case .evaluate: .evaluate
        case .generate: .generate
        case .export: .export
        case .rangeTest: .rangeTest
        case .score: .score
        case .serve: .serve
        case .yardstick: .yardstick
        case .records: .records
        }
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: Key.self)
        let kind = try box.decode(Kind.self, forKey: Key("task"))
        func payload<T: Decodable>(_: T.Type) throws -> T { try box.decode(T.self, forKey: Key(kind.rawValue)) }
        switch kind {
        case .inspect: self = .inspect(try payload(InspectTask.self))
        case .measure: self = .measure(try payload(MeasureTask.self))
        case .encode: self = .encode(try payload(EncodeTask.self))
        case .train: self = .train(try payload(TrainTask.self))
        case .evaluate: self = .evaluate(try payload(EvaluateTask.self))
        case .generate: self = .generate(try payload(GenerateTask.self))
        case .export: self = .export(try payload(ExportTask.self))
        case .rangeTest: self = .rangeTest(try payload(RangeTestTask.self))
        case .score: self = .score(try payload(ScoreTask.self))
        case .serve: self = .serve(try payload(ServeTask.self))
        case .yardstick: self = .yardstick(try payload(YardstickTask.self))
        case .records: self = .records(try payload(RecordsTask.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var box = encoder.container(keyedBy: Key.self)
        try box.encode(kind, forKey: Key("task"))
        let key = Key(kind.rawValue)
        switch self {
        case .inspect(let task): try box.encode(task, forKey: key)
        case .measure(let task): try box.encode(task, forKey: key)
        case .encode(let task): try box.encode(task, forKey: key)
        case .train(let task): try box.encode(task, forKey: key)
        case .evaluate(let task): try box.encode(task, forKey: key)
        case .generate(let task): try box.encode(task, forKey: key)
        case .export(let task): try box.encode(task, forKey: key)
        case .rangeTest(let task): try box.encode(task, forKey: key)
        case .score(let task): try box.encode(task, forKey: key)
        case .serve(let task): try box.encode(task, forKey: key)
        case .yardstick(let task): try box.encode(task, forKey: key)
        case .records(let task): try box.encode(task, forKey: key)
        }
    }
}
