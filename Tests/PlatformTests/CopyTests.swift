import Foundation
import Platform
import TestSupport
import Testing

struct CopyTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test func aCopyIsTheSame() throws {
        let bytes = Data((0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try bytes.write(to: URL(filePath: sandbox.root + "/a"))
        try AtomicFile.copy(sandbox.root + "/a", to: sandbox.root + "/b")
        #expect(try Data(contentsOf: URL(filePath: sandbox.root + "/b")) == bytes)
    }

    @Test func aCopyThatIsStoppedLeavesNothing() async throws {
        let folder = sandbox.root + "/copies"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(count: 1 << 20).write(to: URL(filePath: sandbox.root + "/a"))
        let from = sandbox.root + "/a"
        let copying = Task {
            while !Task.isCancelled { await Task.yield() }
            try AtomicFile.copy(from, to: folder + "/b")
        }
        copying.cancel()
        await #expect(throws: CancellationError.self) { try await copying.value }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test func whatIsNotThereCannotBeCopied() throws {
        #expect(throws: FileFailure.self) {
            try AtomicFile.copy(sandbox.root + "/absent", to: sandbox.root + "/b")
        }
        #expect(!FileManager.default.fileExists(atPath: sandbox.root + "/b"))
    }
}
