import Foundation
import Nouns
import Platform
import TestSupport
import Testing

@testable import Packs

/// Versions as files: what is packed is unpacked byte for byte, and what is no sound pack is refused.
struct PackTests {
    let sandbox: Sandbox
    let version: ModelVersion
    let pack: String
    let target: String

    init() async throws {
        sandbox = try Sandbox()
        version = try Self.version(in: sandbox.root)
        pack = sandbox.root + "/v.ftv"
        target = sandbox.root + "/unpacked"
        try AtomicFile.makeFolder(target)
        try await Self.write(version, to: pack)
    }

    /// A version of two adapters, the lower of which a later one rests on.
    private static func version(in root: String) throws -> ModelVersion {
        var adapters: [AdapterReference] = []
        for (index, text) in ["lower weights", String(repeating: "upper weights ", count: 40_000)].enumerated() {
            let folder = root + "/version/adapter-\(index)"
            try AtomicFile.makeFolder(folder)
            try AtomicFile.write(Data(text.utf8), to: folder + "/adapter_model.safetensors")
            let configuration = Data("{\"r\": \(index)}".utf8)
            try AtomicFile.write(configuration, to: folder + "/adapter_config.json")
            adapters.append(
                AdapterReference(
                    path: folder, sha256: Digest.sha256(Data(text.utf8)), configuration: Digest.sha256(configuration)))
        }
        return ModelVersion(
            id: "v-0123456789abcdef", pipeline: "tickets", run: "r-000001", base: "tiny", baseDigest: "b",
            adapters: adapters, snapshot: "s", recipe: Recipe(), createdAt: Date(timeIntervalSince1970: 1_000),
            code: "0.1", machine: "there")
    }

    private static let card = BaseCard(
        id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 8, layers: 1, width: 1,
        vocabulary: 2, tokenizer: "t", tokenizerDigest: "t", format: "gguf", digest: "b", trainingMemoryBytes: 1,
        addedAt: Date(timeIntervalSince1970: 0))

    private static func write(_ version: ModelVersion, to path: String) async throws {
        let verdict = Verdict(
            outcome: .pass, summary: "better", gates: [], figures: [.candidate: [.gate: [.loss: 0.5]]],
            judgedAt: Date(timeIntervalSince1970: 900))
        let writer = try PackWriter(version, base: card, verdict: verdict, program: "0.1")
        var bytes = Data()
        for try await piece in try writer.pieces() { bytes += piece }
        try AtomicFile.write(bytes, to: path)
    }

    private func code(_ path: String) -> String? {
        do {
            _ = try PackReader.unpack(path, into: target)
            return nil
        } catch let failure as Failure { return failure.code } catch { return "\(error)" }
    }

    /// The pack with some of its bytes replaced.
    private func changed(_ change: (inout Data) -> Void) throws -> String {
        var bytes = try Data(contentsOf: URL(filePath: pack))
        change(&bytes)
        let path = sandbox.root + "/changed.ftv"
        try AtomicFile.write(bytes, to: path)
        return path
    }

    @Test func whatIsPackedIsUnpackedByteForByte() throws {
        let unpacked = try PackReader.unpack(pack, into: target)
        #expect(unpacked.version.id == version.id && unpacked.base == Self.card)
        #expect(unpacked.verdict?.figures[.candidate]?[.gate]?[.loss] == 0.5)
        #expect(unpacked.version.adapters.map(\.path) == ["adapter-0", "adapter-1"])
        for (index, adapter) in version.adapters.enumerated() {
            for name in ["adapter_model.safetensors", "adapter_config.json"] {
                let (there, here) = (adapter.path + "/" + name, target + "/adapter-\(index)/" + name)
                #expect(FileManager.default.contentsEqual(atPath: there, andPath: here), "\(name)")
            }
        }
    }

    /// The file is an ordinary tar file, so that people can look into it.
    @Test func tarReadsIt() async throws {
        let (ending, output) = try await ChildProgram.run("tar", ["-tf", pack])
        #expect(ending == .exited(0), "\(output)")
        #expect(
            output.split(separator: "\n") == [
                "version.json", "adapter-0/adapter_config.json", "adapter-0/adapter_model.safetensors",
                "adapter-1/adapter_config.json", "adapter-1/adapter_model.safetensors",
            ])
    }

    @Test func aChangedByteIsNoticed() throws {
        let path = try changed { bytes in
            guard let place = bytes.lastRange(of: Data("upper weights".utf8)) else { return }
            bytes[place.lowerBound] = UInt8(ascii: "U")
        }
        #expect(code(path) == "pack.damaged")
    }

    @Test func aPackThatEndsEarlyIsRefused() throws {
        #expect(code(try changed { $0.removeLast(200_000) }) == "pack.short")
        #expect(code(try changed { $0 = Data() }) == "pack.short")
    }

    @Test func whatIsNoPackIsRefused() throws {
        #expect(code(try changed { $0 = Data(repeating: 7, count: 4096) }) == "pack.format")
        #expect(code(try changed { $0 = Data(count: 4096) }) == "pack.format")
        let later = try changed { bytes in
            guard let place = bytes.range(of: Data("\"format\" : 1".utf8)) else { return }
            bytes.replaceSubrange(place, with: Data("\"format\" : 9".utf8))
        }
        #expect(code(later) == "pack.format")
    }

    /// A member that leads out of the folder is never written, and neither is a link.
    @Test func namesThatLeadElsewhereAndLinksAreRefused() throws {
        let elsewhere = try changed { bytes in
            guard let place = bytes.range(of: Data("adapter-1/adapter_config.json".utf8)) else { return }
            bytes.replaceSubrange(place, with: Data("adapter-1/../../../evil_c".utf8) + Data("onf!".utf8))
        }
        #expect(code(elsewhere) == "pack.content")
        let link = try changed { bytes in
            guard let place = bytes.lastRange(of: Data("adapter-0/adapter_config.json".utf8)) else { return }
            var block = Array(bytes[place.lowerBound..<place.lowerBound + 512])
            block[156] = UInt8(ascii: "2")
            let sum = block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
            let digits = Array(String(sum, radix: 8).utf8)
            block.replaceSubrange(148..<156, with: Array(repeating: 48, count: 6 - digits.count) + digits + [0, 32])
            bytes.replaceSubrange(place.lowerBound..<place.lowerBound + 512, with: block)
        }
        #expect(code(link) == "pack.content")
        #expect(FileManager.default.fileExists(atPath: sandbox.root + "/evil_conf!") == false)
    }

    @Test func moreThanItNamesIsRefused() throws {
        let path = try changed { bytes in
            bytes.removeLast(1024)
            bytes += Data(TarHeader(name: "more", bytes: 0).block) + Data(count: 1024)
        }
        #expect(code(path) == "pack.content")
    }

    /// Weights that are not those of the version are not even packed.
    @Test func whatIsNotTheVersionIsNotPacked() throws {
        try AtomicFile.write(Data("other".utf8), to: version.adapters[0].path + "/adapter_model.safetensors")
        #expect(throws: Failure.self) {
            try PackWriter(version, base: Self.card, verdict: nil, program: "0.1")
        }
    }

    @Test(arguments: [0, 1, 511, 512, (1 << 33) - 1, 1 << 33, 1 << 40])
    func sizesOfAnyLengthAreWrittenAndRead(bytes: Int) throws {
        let header = TarHeader(name: "adapter-0/model.safetensors", bytes: bytes)
        #expect(try TarHeader(header.block) == header)
    }
}
