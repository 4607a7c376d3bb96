import Foundation
import Testing
import WeightFiles

/// Models in several files, as llama.cpp's gguf-split writes them.
struct SplitTests {
    let folder = FileManager.default.temporaryDirectory.path + "/split-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    func key(_ name: String, _ value: UInt16) -> [UInt8] {
        GGUFBuilder.text(name) + GGUFBuilder.number(UInt32(2)) + GGUFBuilder.number(value)
    }

    /// Writes part `number` of `count`, with one tensor.
    func write(_ number: Int, of count: Int, says: Int? = nil, tensor: String, as name: Int? = nil) throws {
        var builder = GGUFBuilder()
        builder.keys = [key("split.no", UInt16(says ?? number - 1)), key("split.count", UInt16(count))]
        if number == 1 {
            builder.keys.append(
                GGUFBuilder.text("general.name") + GGUFBuilder.number(UInt32(8)) + GGUFBuilder.text("joined"))
        }
        builder.tensors = [GGUFBuilder.tensor(tensor)]
        builder.data[0] = UInt8(number)
        try Data(builder.bytes).write(to: URL(filePath: path(name ?? number, of: count)))
    }

    func path(_ number: Int, of count: Int) -> String {
        folder + String(format: "/m-%05d-of-%05d.gguf", number, count)
    }

    @Test func theFirstPartLeadsToTheOthers() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for number in 1...3 { try write(number, of: 3, tensor: "t\(number)") }
        let file = try GGUFFile(wholeAt: path(1, of: 3))
        #expect(file.tensorNames == ["t1", "t2", "t3"] && file.parts == (1...3).map { path($0, of: 3) })
        #expect(try file.tensorNames.map { try file.tensor($0).bytes[0] } == [1, 2, 3])
        #expect(file.metadata["general.name"]?.string == "joined" && file.metadata["split.count"] == nil)
        #expect(file.rawMetadata.map(\.key) == ["general.name"])
        // Another part than the first is what it is: a part.
        #expect(try GGUFFile(wholeAt: path(2, of: 3)).metadata["split.count"]?.integer == 3)
    }

    @Test func partsThatDoNotBelongTogetherAreNamed() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(1, of: 2, tensor: "t1")
        let missing = #expect(throws: WeightFileError.self) { try GGUFFile(wholeAt: path(1, of: 2)) }
        #expect("\(missing.map { "\($0)" } ?? "")".contains("m-00002-of-00002.gguf"))
        for (says, tensor) in [(0, "t2"), (1, "t1")] {
            try write(2, of: 2, says: says, tensor: tensor)
            let wrong = #expect(throws: WeightFileError.self) { try GGUFFile(wholeAt: path(1, of: 2)) }
            #expect("\(wrong.map { "\($0)" } ?? "")".contains("part 2 of 2"))
        }
    }
}
