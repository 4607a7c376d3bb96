import Foundation
import Testing

@testable import JSONDocument

/// Untrusted JSON: what is read, and what is refused at which offset.
@Suite struct JSONDocumentTests {
    func read(_ text: String, _ repetition: JSONReader.Repetition = .refused) throws -> JSONNode {
        try read(Array(text.utf8), repetition)
    }

    func read(_ bytes: [UInt8], _ repetition: JSONReader.Repetition = .refused) throws -> JSONNode {
        try bytes.withUnsafeBytes { try JSONReader.document($0, repetition: repetition) }
    }

    @Test func readsEveryKindOfValue() throws {
        #expect(
            try read(" {\"a\": [1, -2.5, 1e3, true, false, null], \"b\": {\"c\": \"d\"}, \"e\": [], \"f\": {}} ")
                == .object([
                    "a": .list([.integer(1), .number(-2.5), .number(1000), .flag(true), .flag(false), .null]),
                    "b": .object(["c": .text("d")]), "e": .list([]), "f": .object([:]),
                ]))
        #expect(try read("123456789012345678") == .integer(123_456_789_012_345_678))
        #expect(try read("9223372036854775807") == .integer(.max))
        #expect(try read("-9223372036854775808") == .integer(.min))
        #expect(try read("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try read("\t\n\r 0 ") == .integer(0))
    }

    @Test func valuesAreWhatTheyAreAskedFor() throws {
        let node = try read(#"{"i": 3, "w": 4.0, "h": 0.5, "t": "x", "f": true, "n": null, "l": [1]}"#)
        #expect(node["i"]?.integer == 3 && node["w"]?.integer == 4 && node["h"]?.integer == nil)
        #expect(node["i"]?.double == 3 && node["h"]?.double == 0.5 && node["t"]?.double == nil)
        #expect(node["t"]?.string == "x" && node["f"]?.bool == true && node["l"]?.list == [.integer(1)])
        #expect(node["n"] == nil && node["none"] == nil && node["t"]?["x"] == nil && node.members?.count == 7)
    }

    @Test func stringsKeepTheirCharacters() throws {
        #expect(try read(#""a\"\\\/\b\f\n\r\tz""#) == .text("a\"\\/\u{8}\u{c}\n\r\tz"))
        #expect(try read(#""\u00e9\uD83D\ude42é🙂""#) == .text("é🙂é🙂"))
        #expect(try read(#""\u0000""#) == .text("\0"))
    }

    /// A text, and what the failure says of which place.
    static let faults: [(String, Int, String)] = [
        ("", 0, "ends too early"), ("  ", 2, "ends too early"), ("{", 1, "key must be a string"),
        ("{1:2}", 1, "key must be a string"), ("{\"a\" 1}", 5, "“:” is missing after the key a"),
        ("{\"a\":1", 6, "“}” is missing"), ("{\"a\":1,}", 7, "key must be a string"), ("[1", 2, "“]” is missing"),
        ("[1 2]", 3, "“]” is missing"), ("[,]", 1, "the byte 44 begins no JSON value"), ("tru", 0, "no JSON value"),
        ("nul", 0, "no JSON value"), ("1 2", 2, "something follows"), ("{}x", 2, "something follows"),
        ("{\"a\":1,\"b\":2,\"a\":3}", 13, "the key a appears twice"), ("\"abc", 1, "does not end"),
        ("\"abc\\", 1, "does not end"), ("\"a\nb\"", 2, "bare control character 10"),
        (#""\x""#, 1, #"“\x” is no escape"#), (#""\u12g4""#, 5, "four hexadecimal digits"),
        (#""\u12"#, 1, "does not end"), (#""\ud800""#, 7, "surrogate"), (#""\udc00""#, 7, "surrogate"),
        (#""\ud800\u0041""#, 13, "surrogate"), ("+1", 0, "no number"), ("1.2.3", 0, "no number"),
        ("--1", 0, "no number"), ("1e999", 0, "no number"), ("[1,-]", 3, "no number"),
        (String(repeating: "[", count: 100_000), 65, "nests deeper than 64"),
    ]

    @Test(arguments: faults)
    func refuses(fault: (text: String, offset: Int, problem: String)) {
        #expect {
            try read(fault.text)
        } throws: { error in
            guard let failure = error as? JSONFailure else { return false }
            #expect(failure.offset == fault.offset && failure.problem.contains(fault.problem), "\(failure)")
            return true
        }
    }

    @Test func bytesThatAreNoTextAreRefused() {
        #expect(throws: JSONFailure(offset: 1, problem: "this text is not valid UTF-8")) {
            try read([0x22, 0xC3, 0x28, 0x22])
        }
    }

    @Test func keysThatRepeatCountAsAsked() throws {
        #expect(throws: JSONFailure.self) { try read(#"{"x": {"a": 1, "a": 2}}"#) }
        #expect(try read(#"{"x": {"a": 1, "a": 2}}"#, .lastCounts)["x"]?["a"]?.integer == 2)
    }

    /// As a large vocabulary is read: member by member, with nothing kept.
    @Test func largePartsAreReadOneByOne() throws {
        let bytes = Array(#"{"vocab": {"a": 1, "b": 2}, "merges": ["a b", ["c", "d"]], "rest": [{}]} "#.utf8)
        try bytes.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            var vocabulary: [String: Double] = [:]
            var merges: [String] = []
            var rest: JSONNode?
            try reader.object { reader, key in
                switch key {
                case "vocab": try reader.object { reader, token in vocabulary[token] = try reader.number() }
                case "merges":
                    try reader.list { reader in
                        if reader.isAtString() { return merges.append(try reader.string()) }
                        try reader.list { merges.append(try $0.string()) }
                    }
                default: rest = try reader.node()
                }
            }
            try reader.end()
            #expect(vocabulary == ["a": 1, "b": 2] && merges == ["a b", "c", "d"])
            #expect(rest == .list([.object([:])]))
        }
    }

    /// Depth counts through callbacks too, and comes down again.
    @Test func depthCountsWhereverItIsReached() throws {
        let deep = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        let bytes = Array("[\(deep),\(deep)]".utf8)
        try bytes.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            var count = 0
            try reader.list { reader in
                _ = try reader.node()
                count += 1
            }
            #expect(count == 2)
        }
        let deeper = Array("[[\(deep)]]".utf8)
        deeper.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            #expect(throws: JSONFailure.self) { try reader.list { reader in _ = try reader.node() } }
        }
    }

    @Test func noChangeOfADocumentTraps() {
        let good = Array(#"{"a":[1,-2.5e3,"\u00e9\ud83d\ude42\n",{"b":null,"c":[true,false]}],"d":"é🙂"}"#.utf8)
        var state: UInt64 = 7
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let place = Int(state >> 33) % bytes.count
                switch state >> 60 {
                case 0..<6: bytes[place] = UInt8(truncatingIfNeeded: state >> 40)
                case 6..<9: bytes.remove(at: place)
                case 9..<12: bytes.insert(UInt8(truncatingIfNeeded: state >> 40), at: place)
                default: bytes.removeSubrange(place...)
                }
                if bytes.isEmpty { bytes = [0x22] }
            }
            _ = try? read(bytes)
        }
    }
}
