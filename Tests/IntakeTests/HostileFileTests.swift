import Compression
import Foundation
import Nouns
import Platform
import TestSupport
import Testing

@testable import Intake

/// Files made to hang, crash or fill the daemon. Each ends in quarantine or in bad rows, with its reason.
struct HostileFileTests {
    let scene: IntakeScene
    init() throws { scene = try IntakeScene() }

    private func outcome(_ bytes: [UInt8], _ name: String = "a.jsonl") throws -> (Drop, IntakeReport) {
        try scene.put(bytes, name)
        try scene.pass(name)
        let drop = try #require(try scene.drops().first)
        return (drop, try scene.report(drop))
    }

    @Test func aNestingBombIsABadRow() throws {
        let bomb = String(repeating: "[", count: 5_000_000)
        let (drop, report) = try outcome(Array(("{\"prompt\": \(bomb)\n" + IntakeScene.rows(0..<10)).utf8))
        #expect(drop.state == .validated)
        #expect(report.problems.first?.code == "nested_too_deep")
        #expect(report.rowsAccepted == 10)
    }

    @Test func aNestingBombInAListIsABadRow() throws {
        let bomb = String(repeating: "{\"a\":", count: 100_000) + "1" + String(repeating: "}", count: 100_000)
        let (_, report) = try outcome(Array("[\(bomb), {\"prompt\": \"q\", \"completion\": \"a\"}]".utf8), "a.json")
        #expect(report.problems.first?.code == "nested_too_deep")
        #expect(report.rowsAccepted == 1)
    }

    @Test func aGigabyteLineIsABadRow() throws {
        // Sparse: the file takes no room on the disk, and yet reads as a line of a gigabyte of zeros.
        let path = scene.dropFolder + "/a.jsonl"
        try IntakeScene.rows(0..<10).write(toFile: path, atomically: false, encoding: .utf8)
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.truncate(atOffset: 1 << 30)
        try file.seekToEnd()
        try file.write(contentsOf: Data(("\n" + IntakeScene.rows(10..<20)).utf8))
        try file.close()
        let before = System.residentBytes()
        try scene.pass("a.jsonl")
        let drop = try #require(try scene.drops().first)
        let report = try scene.report(drop)
        #expect(report.rowsAccepted == 20)
        #expect(report.problems.map(\.code) == ["line_too_long"])
        #expect(report.problems.first?.line == 11)
        #expect(System.residentBytes() - before < 200 << 20, "the line was never in memory as a whole")
    }

    @Test(arguments: ["gz", "zst"]) func aZipBombIsQuarantined(_ suffix: String) async throws {
        let path = scene.dropFolder + "/bomb.jsonl.\(suffix)"
        let output = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
        try #require(output >= 0)
        let piece = [UInt8](repeating: UInt8(ascii: "\n"), count: 1 << 20)
        if suffix == "zst" {
            let writer = try ZstdWriter { try AtomicFile.writeAll($0, to: output, path: path) }
            for _ in 0..<512 { try piece.withUnsafeBytes { try writer.write($0) } }
            try writer.finish()
        } else {
            // One member of a gzip file after another.
            let plain = scene.sandbox.root + "/piece"
            try Data(piece).write(to: URL(filePath: plain))
            let gzip = try await ChildProgram.run("/bin/gzip", [plain])
            try #require(gzip.ending == .exited(0), "\(gzip.output)")
            let member = Array(try Data(contentsOf: URL(filePath: plain + ".gz")))
            for _ in 0..<512 { try member.withUnsafeBytes { try AtomicFile.writeAll($0, to: output, path: path) } }
        }
        close(output)
        try scene.pass("bomb.jsonl.\(suffix)")
        let drop = try #require(try scene.drops().first)
        #expect(drop.state == .quarantined)
        #expect(try scene.report(drop).quarantined?.code == "intake.expands_too_much")
    }

    @Test func zerosAreABadRow() throws {
        let (_, report) = try outcome(
            Array(IntakeScene.rows(0..<10).utf8) + Array("{\"prompt\": \"a".utf8) + [0, 0]
                + Array("\", \"completion\": \"b\"}\n".utf8))
        #expect(report.problems.map(\.code) == ["control_character"])
        #expect(report.rowsAccepted == 10)
    }

    @Test func bytesThatAreNoTextAreBadRows() throws {
        let latin = Array("{\"prompt\": \"caf".utf8) + [0xE9] + Array("\", \"completion\": \"b\"}\n".utf8)
        let (_, report) = try outcome(
            latin + Array("{\"prompt\": \"café\", \"completion\": \"b\"}\n".utf8) + latin
                + Array(IntakeScene.rows(0..<10).utf8))
        #expect(report.problems.map(\.code) == ["invalid_utf8", "mixed_encoding"])
        #expect(report.problems.map(\.line) == [1, 3])
        #expect(report.problems.first?.message.contains("Byte 16 (0xe9)") == true)
    }

    @Test func aCutCompressedFileIsQuarantined() throws {
        let whole = try Zstd.compress(Array(IntakeScene.rows(0..<1000).utf8))
        let (drop, report) = try outcome(Array(whole.dropLast(5)), "a.jsonl.zst")
        #expect(drop.state == .quarantined)
        #expect(report.quarantined?.code == "intake.damaged_compression")
        let kept = try #require(
            try FileManager.default.contentsOfDirectory(atPath: scene.context.layout.quarantine("p")).first)
        #expect(
            try Data(contentsOf: URL(filePath: scene.context.layout.quarantine("p") + "/\(kept)/original"))
                == Data(whole.dropLast(5)))
    }

    @Test func randomBytesNeverTrap() throws {
        var generator = SplitMix(state: 7)
        let seeds = [
            IntakeScene.rows(0..<5), "[\(IntakeScene.rows(0..<3).split(separator: "\n").joined(separator: ","))]",
            "prompt,completion\n\"a\"\"b\",c\n",
        ]
        for round in 0..<300 {
            var bytes = Array(seeds[round % 3].utf8)
            for _ in 0..<Int(generator.next() % 8) {
                let place = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 3 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8(truncatingIfNeeded: generator.next()), at: place)
                }
            }
            let name = ["r\(round).jsonl", "r\(round).json", "r\(round).csv"][round % 3]
            try scene.put(bytes, name)
            try scene.pass(name)
        }
        #expect(try scene.drops().allSatisfy { [.validated, .quarantined, .duplicate].contains($0.state) })
        #expect(try scene.left().isEmpty)
    }
}

/// Numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
