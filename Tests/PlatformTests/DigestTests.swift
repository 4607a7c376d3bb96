import Foundation
import Testing

@testable import Platform

/// Digests lie on disk, so that any change of a single one would be a loss of data.
struct DigestTests {
    /// FIPS 180-4 and NIST's examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func knownTextsHaveTheirDigests(_ text: String, _ digest: String) {
        #expect(Digest.sha256(Data(text.utf8)) == digest)
        #expect(Digest.sha256(Array(text.utf8)) == digest)
        #expect(Digest.hex(SHA256.hash(Array(text.utf8))) == digest)
    }

    @Test func piecesHaveTheDigestOfTheWhole() {
        let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let whole = SHA256.hash(bytes)
        var hash = SHA256()
        for split in 0...bytes.count {
            hash.update(Array(bytes[..<split]))
            hash.update(Data(bytes[split...]))
            #expect(hash.count == bytes.count)
            // It begins anew by itself.
            #expect(hash.finish() == whole)
            #expect(hash.count == 0)
        }
        #expect(hash.finish() == SHA256.hash([UInt8]()))
    }

    @Test func aFileHasTheDigestOfItsBytes() throws {
        let bytes = Data((0..<(3 << 20) + 5).map { UInt8(truncatingIfNeeded: $0) })
        let path = NSTemporaryDirectory() + "digest-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try bytes.write(to: URL(filePath: path))
        #expect(try Digest.sha256(file: path) == Digest.sha256(bytes))
        #expect(throws: FileFailure.self) { try Digest.sha256(file: path + ".absent") }
    }

    /// RFC 4231.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        // Not of the RFC: neither key nor content.
        ([], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ])
    func knownKeysHaveTheirCodes(_ key: [UInt8], _ content: [UInt8], _ code: String) {
        #expect(Digest.hex(SHA256.authenticationCode(of: content, key: key)) == code)
    }

    @Test func manyThreadsMayComputeAtOnce() {
        let expected = (0..<1000).map { Digest.sha256(Data("\($0)".utf8)) }
        let found = Parallel.slices(Array(0..<1000)) { $0.map { Digest.sha256(Data("\($0)".utf8)) } }
        #expect(found.flatMap { $0 } == expected)
    }
}
