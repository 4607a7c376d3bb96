import Nouns

/// Reads graders from their JSON.
struct GraderReader {
    /// The most graders within one, itself among them: each may compare two long texts.
    static let most = 16
    /// How many there were so far.
    private var count = 0

    mutating func grader(_ value: JSONValue, at place: String, depth: Int) throws -> Grader {
        guard let members = value.objectValue else { throw Self.fault("A grader is an object.", place) }
        guard depth < 4 else { throw Self.fault("Graders are nested more than four deep.", place) }
        count += 1
        guard count <= Self.most else { throw Self.fault("There are more than \(Self.most) graders in it.", place) }
        func text(_ key: String) throws -> String {
            guard let text = members[key]?.stringValue else {
                throw Self.fault("The key '\(key)' is missing, or no text.", place + "/" + key)
            }
            return text
        }
        func template(_ key: String) throws -> GraderTemplate {
            try GraderTemplate(try text(key), at: place + "/" + key)
        }
        func known(_ keys: Set<String>) throws {
            if let other = members.keys.filter({ !keys.contains($0) }).min() {
                throw Self.fault("The key '\(other)' is not known in this grader.", place + "/" + other)
            }
        }
        switch try text("type") {
        case "string_check":
            try known(["type", "name", "input", "reference", "operation"])
            guard let operation = Grader.StringOperation(rawValue: try text("operation")) else {
                throw Self.fault(
                    "The operation '\(try text("operation"))' is none of eq, ne, like, ilike.", place + "/operation")
            }
            return .stringCheck(input: try template("input"), reference: try template("reference"), operation)
        case "text_similarity":
            try known(["type", "name", "input", "reference", "evaluation_metric", "pass_threshold"])
            let metric = try text("evaluation_metric")
            guard let similarity = Grader.Similarity(rawValue: metric) else {
                let known = Grader.Similarity.allCases.map(\.rawValue).joined(separator: ", ")
                let why =
                    metric == "cosine" || metric == "meteor"
                    ? " (it needs another model or a dictionary of synonyms, and nothing is fetched)" : ""
                throw Self.fault(
                    "The evaluation_metric '\(metric)' is not supported\(why); there are: \(known).",
                    place + "/evaluation_metric")
            }
            let threshold = try members["pass_threshold"].map { value in
                guard let number = value.doubleValue else {
                    throw Self.fault("'pass_threshold' is a number.", place + "/pass_threshold")
                }
                return number
            }
            return .textSimilarity(
                input: try template("input"), reference: try template("reference"), similarity, threshold: threshold)
        case "multi":
            try known(["type", "name", "graders", "calculate_output"])
            guard let parts = members["graders"]?.objectValue, !parts.isEmpty else {
                throw Self.fault("'graders' is an object of graders by name.", place + "/graders")
            }
            var graders: [String: Grader] = [:]
            for (name, part) in parts.sorted(by: { $0.key < $1.key }) {
                graders[name] = try grader(part, at: "\(place)/graders/\(name)", depth: depth + 1)
            }
            return .multi(
                graders,
                try GraderFormula(
                    try text("calculate_output"), names: Set(graders.keys), at: place + "/calculate_output"))
        case let other:
            throw Self.fault(
                "The grader type '\(other)' is not supported; there are string_check, text_similarity and multi.",
                place + "/type")
        }
    }

    static func fault(_ message: String, _ place: String) -> Failure {
        Failure(
            code: "grader.invalid", message, at: place.isEmpty ? "the grader" : place,
            remedy: "Mend the grader's configuration.")
    }
}
