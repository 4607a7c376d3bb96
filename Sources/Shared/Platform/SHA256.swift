import CLibcrypto
import Foundation

/// SHA-256 by the system's libcrypto: of bytes at once, of bytes that come in pieces, and keyed (HMAC).
package struct SHA256: ~Copyable {
    private let context: OpaquePointer
    /// Bytes taken so far.
    package private(set) var count = 0

    /// Begins with no bytes.
    package init() {
        guard let context = EVP_MD_CTX_new() else { Self.endForWantOfMemory() }
        self.context = context
        Self.demand(EVP_DigestInit_ex2(context, Self.algorithm, nil))
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes more bytes.
    package mutating func update(_ bytes: some ContiguousBytes) {
        bytes.withUnsafeBytes {
            Self.demand(EVP_DigestUpdate(context, $0.baseAddress, $0.count))
            count += $0.count
        }
    }

    /// The 32 bytes of the digest of all that was taken; begins anew.
    package mutating func finish() -> [UInt8] {
        let digest = Self.collect { EVP_DigestFinal_ex(context, $0, nil) }
        Self.demand(EVP_DigestInit_ex2(context, Self.algorithm, nil))
        count = 0
        return digest
    }

    /// The 32 bytes of the digest of `bytes`.
    package static func hash(_ bytes: some ContiguousBytes) -> [UInt8] {
        bytes.withUnsafeBytes { bytes in
            collect { EVP_Digest(bytes.baseAddress, bytes.count, $0, nil, algorithm, nil) }
        }
    }

    /// The 32 bytes of HMAC-SHA256 (RFC 2104) of `bytes`.
    package static func authenticationCode(of bytes: some ContiguousBytes, key: some ContiguousBytes) -> [UInt8] {
        // libcrypto takes an empty key for none; one zero is the same key, since keys are filled up with zeros.
        let key = key.withUnsafeBytes { $0.isEmpty ? [0] : Array($0) }
        return bytes.withUnsafeBytes { bytes in
            let content = bytes.bindMemory(to: UInt8.self)
            return collect { code in
                var count = 0
                let end = EVP_Q_mac(
                    library, "HMAC", nil, "SHA256", nil, key, key.count, content.baseAddress, content.count, code,
                    digestBytes, &count)
                return end == nil ? 0 : 1
            }
        }
    }

    private static let digestBytes = 32

    // A library context of our own, since the computer's openssl.cnf may switch algorithms off in the common one. Both
    // are never changed after this.
    nonisolated(unsafe) private static let library = OSSL_LIB_CTX_new()
    // Looked up once: that takes several times as long as the digest of a short row.
    nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(library, "SHA256", nil)

    /// The bytes that `body` fills; it returns 1 where it has.
    private static func collect(_ body: (UnsafeMutablePointer<UInt8>) -> Int32) -> [UInt8] {
        Array(unsafeUninitializedCapacity: digestBytes) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            demand(body(start))
            count = digestBytes
        }
    }

    private static func demand(_ status: Int32) { if status != 1 { endForWantOfMemory() } }

    /// Nothing else makes these calls fail, and without memory a Swift program ends anyway.
    private static func endForWantOfMemory() -> Never { preconditionFailure("libcrypto found no memory") }
}
