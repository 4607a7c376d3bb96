import CLibcrypto
import Foundation

/// MD5 by the system's libcrypto, for callers who check a transfer by it; never for anything that must be safe.
package struct MD5: ~Copyable {
    private let context: OpaquePointer

    /// Begins with no bytes; nil where the system does not have it.
    package init?() {
        guard let algorithm = EVP_MD_fetch(nil, "MD5", nil) else { return nil }
        defer { EVP_MD_free(algorithm) }
        guard let context = EVP_MD_CTX_new() else { return nil }
        guard EVP_DigestInit_ex2(context, algorithm, nil) == 1 else {
            EVP_MD_CTX_free(context)
            return nil
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes more bytes.
    package mutating func update(_ bytes: some ContiguousBytes) {
        bytes.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The digest of all that was taken, as lower-case hexadecimal; nothing may be taken afterwards.
    package mutating func finish() -> String {
        Digest.hex(
            Array(unsafeUninitializedCapacity: 16) { buffer, count in
                guard let start = buffer.baseAddress, EVP_DigestFinal_ex(context, start, nil) == 1 else { return }
                count = 16
            })
    }
}
