import Foundation

/// What is known of the quality of one drop or of a pipeline's whole dataset; stored, and shown by `ftctl data report`.
package struct DataReport: Codable, Hashable, Sendable {
    package var pipeline: PipelineName
    /// The drop; nil for the whole dataset.
    package var drop: DropID?
    package var at: Date
    package var drops: Int
    package var rows: [Split: Int] = [:]
    /// Rows that the dataset had already, by content.
    package var exactDuplicates = 0
    package var nearDuplicates = NearDuplicates()
    package var contradictions = Contradictions()
    /// Characters a row, and tokens where the base's tokenizer has counted them.
    package var characters = Histogram()
    package var tokens: Tokens?
    package var labels: [LabelShare] = []
    package var diversity = Diversity()
    package var languages: [String: Int] = [:]
    package var scripts: [String: Int] = [:]
    /// Rows that break a repetition filter, by filter.
    package var repetition: [String: Int] = [:]
    /// Rows with personal data or secrets, by kind, and what was done.
    package var sensitive: [SensitiveKind: Int] = [:]
    package var sensitiveAction: String?
    /// How the drop differs from the dataset before it; empty for the dataset as a whole.
    package var drift: [DriftTest] = []
    package var contamination: Contamination?
    /// Rows kept out, by reason; `ftctl data report --removed` lists them.
    package var removed: [String: Int] = [:]
    package var sufficiency: Sufficiency?
    /// What a person should know, most important first.
    package var findings: [Finding] = []

    package init(pipeline: PipelineName, drop: DropID? = nil, at: Date, drops: Int) {
        self.pipeline = pipeline
        self.drop = drop
        self.at = at
        self.drops = drops
    }

    /// Rows that are nearly the same as an earlier one (Jaccard similarity of 5-grams at or above the threshold).
    package struct NearDuplicates: Codable, Hashable, Sendable {
        package var rows = 0
        package var threshold = 0.8
        /// The first of them, with the row that each repeats.
        package var examples: [SimilarPair] = []
        package init() {}
    }

    package struct SimilarPair: Codable, Hashable, Sendable {
        package var row: RowID
        package var line: Int
        package var other: RowID
        package var similarity: Double
        package init(row: RowID, line: Int, other: RowID, similarity: Double) {
            self.row = row
            self.line = line
            self.other = other
            self.similarity = similarity
        }
    }

    /// Prompts with more than one answer.
    package struct Contradictions: Codable, Hashable, Sendable {
        package var prompts = 0
        package var rows = 0
        package var examples: [[RowID]] = []
        package init() {}
    }

    /// Counts by upper bound, and quantiles. The last bound is that of the largest value.
    package struct Histogram: Codable, Hashable, Sendable {
        package var bounds: [Int] = []
        package var counts: [Int] = []
        package var mean = 0.0
        package var median = 0
        package var p95 = 0
        package var largest = 0
        package init() {}
    }

    package struct Tokens: Codable, Hashable, Sendable {
        package var histogram = Histogram()
        package var rows = 0
        /// Rows longer than `maxLength`, which lose their end or are left out, and rows that cannot be trained on at
        /// all.
        package var truncated = 0
        package var unusable = 0
        package var maxLength = 0
        package var labelTokens = 0
        /// Rows of a drop that are left out of training for their tokens: the first thousand, and how many there are of
        /// each code.
        package var problems: [RowProblem]?
        package var problemCounts: [String: Int]?
        package init() {}
    }

    package struct LabelShare: Codable, Hashable, Sendable {
        package var label: String
        package var rows: Int
        package var share: Double
        package init(label: String, rows: Int, share: Double) {
            self.label = label
            self.rows = rows
            self.share = share
        }
    }

    package struct Diversity: Codable, Hashable, Sendable {
        package var words = 0
        /// Distinct words, and distinct runs of 1, 2 and 3 words over all runs (Li et al. 2016); estimates to about 1.6
        /// %.
        package var vocabulary = 0
        package var distinct: [Double] = []
        /// Shares of the groups that a sample of the rows falls into by its words, largest first; the row in the middle
        /// of each.
        package var clusters: [Cluster] = []
        /// Entropy of the shares over that of equal ones: 1 is even, 0 is all in one.
        package var evenness: Double?
        package init() {}
    }

    package struct Cluster: Codable, Hashable, Sendable {
        package var share: Double
        package var rows: Int
        package var centre: RowID
        package init(share: Double, rows: Int, centre: RowID) {
            self.share = share
            self.rows = rows
            self.centre = centre
        }
    }

    /// One test of "this drop comes from where the dataset came from".
    package struct DriftTest: Codable, Hashable, Sendable {
        /// `length`, `labels` or `vocabulary`.
        package var what: String
        package var test: String
        package var statistic: Double
        package var pValue: Double
        /// The size of the difference, 0 to 1.
        package var effect: Double
        package var drifted: Bool
        package init(what: String, test: String, statistic: Double, pValue: Double, effect: Double, drifted: Bool) {
            self.what = what
            self.test = test
            self.statistic = statistic
            self.pValue = pValue
            self.effect = effect
            self.drifted = drifted
        }
    }

    /// Gate rows of which a run of 12 words is in the training rows as well.
    package struct Contamination: Codable, Hashable, Sendable {
        package var gateRows = 0
        /// Gate rows of at least 12 words, of which alone it can be told.
        package var longGateRows = 0
        package var contaminated = 0
        package var examples: [SimilarPair] = []
        package init() {}
    }

    package struct Sufficiency: Codable, Hashable, Sendable {
        /// `learning curve` or `plain rules`.
        package var basis: String
        package var trainRows: Int
        /// The loss on the gate rows now and with twice the rows, by the curve.
        package var expectedLoss: Double?
        package var expectedLossDoubled: Double?
        package var points: Int?
        package var explanation: String
        package init(basis: String, trainRows: Int, explanation: String) {
            self.basis = basis
            self.trainRows = trainRows
            self.explanation = explanation
        }
    }

    package struct Finding: Codable, Hashable, Sendable {
        package var code: String
        package var message: String
        package var remedy: String?
        package init(_ code: String, _ message: String, remedy: String? = nil) {
            self.code = code
            self.message = message
            self.remedy = remedy
        }
    }
}
