import Foundation
import TestSupport
import Testing

/// What the programs are made of: that a later change brings no copy back which an earlier one removed.
struct ProductTests {
    struct Product: Sendable {
        let program: String
        /// Modules of this package and of others; a few more than there are.
        let modules: ClosedRange<Int>
        /// Compiled C files, those of other packages too.
        let files: ClosedRange<Int>
    }

    @Test(arguments: [
        Product(program: "ftctl", modules: 15...28, files: 1...9),
        Product(program: "finetune-worker", modules: 20...28, files: 5...15),
        Product(program: "finetuned", modules: 50...94, files: 5...27),
    ]) func isMadeOfWhatItNeeds(_ product: Product) throws {
        let list = try String(
            contentsOfFile: TestSupport.programs + "/\(product.program).product/Objects.LinkFileList", encoding: .utf8)
        let objects = list.split(separator: "\n").map { $0.trimmingCharacters(in: ["'"]) }
        let modules = Set(
            objects.compactMap { $0.split(separator: "/").last { $0.hasSuffix(".build") }.map(String.init) })
        let compiled = objects.filter { path in [".c.o", ".cpp.o", ".cc.o", ".S.o"].contains { path.hasSuffix($0) } }
        #expect(product.modules.contains(modules.count), "\(product.program): \(modules.sorted())")
        #expect(product.files.contains(compiled.count), "\(product.program): \(compiled)")
    }

    /// What throws inside itself ends the program where the linker has left its tables out.
    @Test(arguments: ["ftctl", "finetune-worker", "finetuned"])
    func whatIsWrittenInCPlusPlusKeepsItsTables(_ program: String) throws {
        let script = try String(contentsOfFile: TestSupport.repository + "/tools/link.ld", encoding: .utf8)
        let kept = try #require(script.firstMatch(of: /EXCLUDE_FILE\(\*(\w+)\*\)/)).1
        let list = try String(
            contentsOfFile: TestSupport.programs + "/\(program).product/Objects.LinkFileList", encoding: .utf8)
        let foreign = list.split(separator: "\n").filter { line in
            [".cpp.o", ".cc.o", ".cxx.o"].contains { line.contains($0) } && !line.contains(kept)
        }
        #expect(foreign.isEmpty)
    }

    /// The loader takes the right to write away once it has filled in what it must (PT_GNU_RELRO, elf(5)); the linker
    /// asks for it only where all that is so lies together.
    @Test(arguments: ["ftctl", "finetune-worker", "finetuned"])
    func whatIsFilledInAtTheStartIsNotWrittenLater(_ program: String) throws {
        let url = URL(fileURLWithPath: TestSupport.programs + "/" + program)
        let file = try Data(contentsOf: url, options: .alwaysMapped)
        let kinds = file.withUnsafeBytes { bytes in
            let first = Int(bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self))
            let size = Int(bytes.loadUnaligned(fromByteOffset: 54, as: UInt16.self))
            let count = Int(bytes.loadUnaligned(fromByteOffset: 56, as: UInt16.self))
            return (0..<count).map { bytes.loadUnaligned(fromByteOffset: first + $0 * size, as: UInt32.self) }
        }
        #expect(kinds.contains(0x6474_E552), "tools/link.ld has to keep it")
    }
}
