import Nouns

/// What is counted of the rows of a drop; of several drops it is added up, in memory that does not grow with the rows.
package struct DataStatistics: Codable, Hashable, Sendable {
    /// Distinct labels that are counted one by one; more are no classes.
    package static let mostLabels = 1000

    package private(set) var rows = 0
    package private(set) var drops = 0
    package private(set) var bySplit: [Split: Int] = [:]
    package private(set) var characters = LengthCounts()
    package private(set) var labels: [String: Int] = [:]
    package private(set) var unlabelled = 0
    package private(set) var grams = [0, 0, 0]
    package private(set) var distinct = [HyperLogLog(), HyperLogLog(), HyperLogLog()]
    package private(set) var languages: [String: Int] = [:]
    package private(set) var scripts: [String: Int] = [:]
    package private(set) var repetition: [String: Int] = [:]
    package private(set) var sample = RowSample()
    package var sensitive: [SensitiveKind: Int] = [:]
    package var exactDuplicates = 0
    package var nearDuplicates = 0

    package init(drops: Int = 0) { self.drops = drops }

    /// Counts one row.
    ///
    /// - Parameter sampledBelow: the ``RowSample/bound`` of the sample that this one is to be merged into.
    package mutating func add(
        _ row: RowID, split: Split, label: String?, _ look: RowLook, sampledBelow bound: UInt64 = .max
    ) {
        rows += 1
        bySplit[split, default: 0] += 1
        characters.add(look.length)
        if let label, labels[label] != nil || labels.count < Self.mostLabels {
            labels[label, default: 0] += 1
        } else {
            unlabelled += 1
        }
        for n in 1...3 {
            let hashes = n == 1 ? look.words : NormalisedText.grams(n, of: look.words)
            grams[n - 1] += hashes.count
            for hash in hashes { distinct[n - 1].insert(hash) }
        }
        languages[look.language, default: 0] += 1
        scripts[look.script.rawValue, default: 0] += 1
        for rule in look.brokenRules { repetition[rule, default: 0] += 1 }
        sample.add(row, length: look.length, label: label, words: look.words, below: bound)
    }

    package mutating func merge(_ other: DataStatistics) {
        rows += other.rows
        drops += other.drops
        bySplit.merge(other.bySplit, uniquingKeysWith: +)
        characters.merge(other.characters)
        for (label, count) in other.labels {
            if labels[label] != nil || labels.count < Self.mostLabels {
                labels[label, default: 0] += count
            } else {
                unlabelled += count
            }
        }
        unlabelled += other.unlabelled
        for n in 0..<3 {
            grams[n] += other.grams[n]
            distinct[n].merge(other.distinct[n])
        }
        languages.merge(other.languages, uniquingKeysWith: +)
        scripts.merge(other.scripts, uniquingKeysWith: +)
        repetition.merge(other.repetition, uniquingKeysWith: +)
        sample.merge(other.sample)
        sensitive.merge(other.sensitive, uniquingKeysWith: +)
        exactDuplicates += other.exactDuplicates
        nearDuplicates += other.nearDuplicates
    }

    /// Writes what is counted here into a report.
    package func fill(_ report: inout DataReport) {
        report.drops = drops
        report.rows = bySplit
        report.exactDuplicates = exactDuplicates
        report.nearDuplicates.rows = nearDuplicates
        report.characters = characters.histogram
        if unlabelled == 0 {
            report.labels = labels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
                .init(label: $0.key, rows: $0.value, share: Double($0.value) / Double(max(1, rows)))
            }
        }
        report.diversity.words = grams[0]
        report.diversity.vocabulary = distinct[0].estimate
        report.diversity.distinct = zip(distinct, grams).map { $1 == 0 ? 0 : min(1, Double($0.estimate) / Double($1)) }
        let clusters = Clusters.of(sample)
        report.diversity.clusters = clusters
        report.diversity.evenness = Clusters.evenness(clusters)
        report.languages = languages
        report.scripts = scripts
        report.repetition = repetition
        report.sensitive = sensitive
    }
}
