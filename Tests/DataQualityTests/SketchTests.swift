import DataQuality
import Testing

struct SketchTests {
    func sketch(_ text: String) -> Sketch { Sketch(shingles: Shingles.hashes(NormalisedText(text))) }
    func similarity(_ a: String, _ b: String) -> Double { similarity(sketch(a), sketch(b)) }
    func similarity(_ a: Sketch, _ b: Sketch) -> Double { similarity(a.sample, b.sample) }
    func similarity(_ a: [UInt32], _ b: [UInt32]) -> Double {
        a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { Sketch.similarity(a, $0) } }
    }

    /// The same, counted plainly: of the smallest values of the union as far as both samples tell of them.
    func counted(_ a: [UInt32], _ b: [UInt32]) -> Double {
        let size = Sketch.sampleSize
        guard let lastOfA = a.last, let lastOfB = b.last else { return 0 }
        var union = Set(a).union(b).sorted()
        if a.count == size { union.removeAll { $0 > lastOfA } }
        if b.count == size { union.removeAll { $0 > lastOfB } }
        if a.count == size || b.count == size { union = Array(union.prefix(size)) }
        return Double(union.count { a.contains($0) && b.contains($0) }) / Double(max(1, union.count))
    }

    @Test func samplesOfAnyLengthAreComparedAsCounted() {
        var random = SystemRandomNumberGenerator()
        func sample(_ count: Int, below limit: UInt32) -> [UInt32] {
            var values: Set<UInt32> = []
            while values.count < count { values.insert(.random(in: 0..<limit, using: &random)) }
            return values.sorted()
        }
        for length in [0, 1, 2, 7, 64, 127, 128] {
            for other in [0, 1, 3, 50, 127, 128] {
                for limit: UInt32 in [200, 1000, .max] {
                    let (a, b) = (sample(length, below: limit), sample(other, below: limit))
                    #expect(similarity(a, b) == counted(a, b), "\(a) \(b)")
                    #expect(similarity(a, a) == (a.isEmpty ? 0 : 1))
                }
            }
        }
    }

    /// The share of 5-grams that two texts have in common, counted plainly.
    func jaccard(_ a: String, _ b: String) -> Double {
        func grams(_ text: String) -> Set<String> {
            let characters = Array(text)
            return characters.count < 5
                ? [text] : Set((0...(characters.count - 5)).map { String(characters[$0..<($0 + 5)]) })
        }
        return Double(grams(a).intersection(grams(b)).count) / Double(grams(a).union(grams(b)).count)
    }

    @Test(arguments: [
        ("how do i reset my password", "how do i reset my passwords"),
        ("the invoice is wrong", "the invoice was wrong"),
        ("abc", "abc"), ("grüße aus köln am rhein", "grüße aus bonn am rhein"), ("完全 に 同じ では ない 文章", "完全 に 同じ では ない 文"),
    ])
    func ofShortTextsTheSimilarityIsExact(pair: (String, String)) {
        #expect(abs(similarity(pair.0, pair.1) - jaccard(pair.0, pair.1)) < 1e-12)
    }

    @Test func ofLongTextsItIsEstimated() {
        let words = (0..<400).map { "word\($0 * 7919 % 10_007)" }
        for changed in [10, 40, 100, 200] {
            let other = words.enumerated().map { $0.offset < changed ? "other\($0.offset)" : $0.element }
            let (a, b) = (words.joined(separator: " "), other.joined(separator: " "))
            // Five standard errors of a share among 128.
            #expect(
                abs(similarity(a, b) - jaccard(a, b)) < 5 * 0.045,
                "\(changed) of 400 words: \(similarity(a, b)) for \(jaccard(a, b))")
        }
        #expect(similarity(words.joined(separator: " "), (0..<400).map { "x\($0)" }.joined(separator: " ")) < 0.02)
    }

    @Test func caseWhiteSpaceAndPunctuationDoNotCount() {
        #expect(similarity("Where is\tmy order?!", "where is my order") == 1)
        #expect(
            NormalisedText("  ①ﬁne—Straße\u{300} ").bytes
                == Array("1fine straße\u{300}".precomposedStringWithCompatibilityMapping.utf8))
    }

    @Test func nearTextsAreFoundAndFarOnesSeldom() {
        var (found, near, seldom, far) = (0, 0, 0, 0)
        for trial in 0..<400 {
            let words = (0..<60).map { "w\((trial * 131 + $0 * 7919) % 5003)" }
            let a = words.joined(separator: " ")
            for changed in [1, 30] {
                let b = words.enumerated().map { $0.offset < changed ? "q\(trial)z\($0.offset * 37)" : $0.element }
                    .joined(separator: " ")
                let share = zip(sketch(a).keys, sketch(b).keys).contains { $0 == $1 }
                if jaccard(a, b) >= 0.9 { (near, found) = (near + 1, found + (share ? 1 : 0)) }
                if jaccard(a, b) < 0.45 { (far, seldom) = (far + 1, seldom + (share ? 1 : 0)) }
            }
        }
        #expect(near > 300 && Double(found) > 0.97 * Double(near), "\(found) of \(near)")
        #expect(far > 300 && Double(seldom) < 0.3 * Double(far), "\(seldom) of \(far)")
    }

    @Test func partsOfATemplateDoNotMakeRowsAlike() {
        let prefix =
            """
            You are a helpful assistant that classifies support tickets into billing, technical or other. The \
            ticket reads: 
            """
        let subjects = (0..<100).map {
            """
            \(prefix) nr\($0 * 7919 % 1009) \
            \(["leaking tap", "blue screen", "double charge", "late parcel"][$0 % 4]) \($0 * $0)
            """
        }
        let shingles = subjects.map { Shingles.hashes(NormalisedText($0)) }
        let common = Sketch.common(shingles)
        #expect(!common.isEmpty)
        let plain = similarity(Sketch(shingles: shingles[0]), Sketch(shingles: shingles[1]))
        let without = similarity(
            Sketch(shingles: shingles[0], common: CommonShingles(common)),
            Sketch(shingles: shingles[1], common: CommonShingles(common)))
        #expect(plain > 0.75 && without < 0.2, "\(plain), \(without)")
        #expect(Sketch.common(Array(shingles.prefix(63))).isEmpty, "a fifth of few rows is chance")
    }

    @Test func anEmptyTextHasNoKeys() {
        #expect(sketch("").keys.isEmpty && sketch(" …!").sample.isEmpty)
        #expect(similarity("", "") == 0)
    }

    @Test(arguments: [1, 10, 100, 1000, 20_000, 300_000])
    func distinctHashesAreCounted(count: Int) {
        var counter = HyperLogLog()
        for value in 0..<count {
            counter.insert(UInt64(value))
            counter.insert(UInt64(value))
        }
        #expect(abs(Double(counter.estimate - count)) <= max(1, 0.05 * Double(count)), "\(counter.estimate)")
    }

    @Test func theSampleIsTheSmallestDistinctHashes() {
        var random = SystemRandomNumberGenerator()
        for count in [1, 2, 3, 127, 128, 129, 500, 513, 900, 2049, 5000] {
            let spread = (0..<count).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) }
            // Hashes that repeat, and such as lie close together, as no real text has them.
            let few = (0..<count).map { UInt64($0 % 7) &* 0x9E37_79B9 }
            let near = (0..<count).map { _ in UInt64.random(in: 0..<1000, using: &random) }
            for hashes in [spread, few, near, spread + spread, near + spread] {
                let expected = Array(
                    Set(hashes.map { UInt32(truncatingIfNeeded: $0) }).sorted().prefix(Sketch.sampleSize))
                #expect(Sketch(shingles: hashes).sample == expected, "\(hashes)")
            }
        }
    }
}
