import Testing

@testable import Yardstick

/// What anybody would try first: the commonest class, and linear models on n-grams and on states.
@Suite struct LinearModelTests {
    private static let topics = [
        "refund": ["money back please", "I want a refund", "return my payment", "the charge was wrong, refund it"],
        "login": ["cannot sign in", "password is refused", "login fails again", "my account is locked"],
        "shipping": ["where is my parcel", "the package never came", "delivery is late", "track the parcel"],
    ]

    private static func rows(_ count: Int) -> [(text: String, label: String)] {
        let labels = topics.keys.sorted()
        return (0..<count).map { index in
            let label = labels[index % labels.count]
            let texts = topics[label] ?? []
            return ("Which topic is it?\nTicket \(index): \(texts[(index / 3) % texts.count])", label)
        }
    }

    private func fitted(_ rows: [(text: String, label: String)]) -> TextYardstick {
        let features = TextYardstick.features(classes: 3)
        return TextYardstick(
            rows.map { features.counts($0.text) }, labels: rows.map(\.label), features, interruption: {})
    }

    @Test func textsAreToldApartByTheirWords() {
        let model = fitted(Self.rows(24))
        #expect(model.label("Which topic is it?\nTicket 99: please refund the payment") == "refund")
        #expect(model.label("Which topic is it?\nTicket 99: I forgot the PASSWORD of my account") == "login")
        #expect(model.label("Which topic is it?\nTicket 99: parcels are late") == "shipping")
    }

    @Test func theSameRowsGiveTheSameModel() {
        let asked = Self.rows(60).map(\.text)
        let answers = (0..<2).map { _ in asked.map { fitted(Self.rows(24)).label($0) } }
        #expect(answers[0] == answers[1])
    }

    @Test func whatEveryRowHasCountsForNothing() throws {
        let features = TextFeatures(bits: 16)
        let texts = ["same same", "same other"].map { features.counts($0) }
        let vectors = TextVectors(texts, features)
        let alone = vectors.vector(features.counts("same"))
        #expect(alone.places.isEmpty)
        let other = vectors.vector(features.counts("other"))
        // The words, and the characters, are one long each.
        #expect(abs(other.values.reduce(0) { $0 + $1 * $1 } - 2) < 1e-5)
        #expect(other.places == other.places.sorted())
    }

    @Test func nGramsAreThoseOfScikitLearn() {
        let features = TextFeatures(bits: 20)
        // Words of two letters and more with their pairs; of " ab ": " a", "ab", "b ", " ab", "ab ", " ab ".
        #expect(features.counts("ab cd").counts.reduce(0, +) == 3 + 12)
        #expect(features.counts("a").counts.reduce(0, +) == 3)
        #expect(features.counts("").counts.isEmpty)
        #expect(features.counts("Äpfel").places == features.counts("äpfel").places)
    }

    @Test func manyClassesTakeNoMoreMemory() {
        #expect(TextYardstick.features(classes: 2).count == 1 << 20)
        #expect(TextYardstick.features(classes: 50).count * 50 <= 1 << 24)
    }

    @Test func statesAreToldApart() {
        let states = (0..<40).map { index -> [Float] in
            [Float(index % 2) * 2 + Float(index % 5) * 0.1, 1000, Float(index % 7)]
        }
        let labels = (0..<40).map { $0 % 2 == 0 ? "even" : "odd" }
        let model = StatesYardstick(states, labels: labels, interruption: {})
        #expect(zip(states, labels).allSatisfy { model.label($0) == $1 })
    }

    @Test func theCommonestClassIsTheFirstOfEquals() {
        #expect(CommonestClass.of(["b", "a", "b", "a", "c"]) == "a")
        #expect(CommonestClass.of(["b", "b", "a"]) == "b")
        #expect(CommonestClass.of([]) == nil)
        #expect(TextYardstick([], labels: [], TextFeatures(bits: 10), interruption: {}).label("x") == nil)
    }

    @Test func aFitEndsWhereItIsGivenUp() {
        struct Stopped: Error {}
        let features = TextFeatures(bits: 12)
        #expect(throws: Stopped.self) {
            try TextYardstick(
                ["a b", "c d"].map { features.counts($0) }, labels: ["x", "y"], features,
                interruption: { throw Stopped() })
        }
    }
}
