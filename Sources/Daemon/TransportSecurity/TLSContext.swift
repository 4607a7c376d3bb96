import CLibssl
import Nouns

/// OpenSSL's settings for connections of a server: TLS 1.2 or later, its own choice of ciphers, no renegotiation.
package final class TLSContext: Sendable {
    /// OpenSSL counts its users, and lets several threads make connections of it.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Throws a Failure (`api.tls`) that names the file.
    init(certificate: String, key: String) throws(Failure) {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw Self.failure("OpenSSL gives no context", "") }
        pointer = context
        // SSL_CTX_set_min_proto_version, which is a macro.
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_set_options(context, (1 << 30) | (1 << 22))  // SSL_OP_NO_RENEGOTIATION, …_CIPHER_SERVER_PREFERENCE
        // A key with a passphrase would be asked for on the terminal.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in 0 }
        ERR_clear_error()
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw Self.failure("It is no certificate in PEM that can be read", certificate)
        }
        guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
            throw Self.failure("It is no key in PEM without a passphrase, or not the key of \(certificate)", key)
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw Self.failure("It is not the key of \(certificate)", key)
        }
    }

    deinit { SSL_CTX_free(pointer) }

    private static func failure(_ message: String, _ path: String) -> Failure {
        var text = [CChar](repeating: 0, count: 256)
        let code = ERR_get_error()
        ERR_error_string_n(code, &text, text.count)
        ERR_clear_error()
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Failure(
            code: "api.tls", message + ".", at: path,
            remedy: "Check the files of api.certificate and api.key, and that the daemon's user may read them.",
            cause: code == 0 ? nil : reason)
    }
}
