import Foundation

/// An address and a port of TCP, as numbers: `127.0.0.1:8080`, `[::1]:8080`.
package struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes.
    package let bytes: [UInt8]
    package let port: UInt16

    /// Reads `ADDRESS:PORT`, in which `localhost` is 127.0.0.1; nil where it is none.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
            let bytes = Self.bytes(String(text[..<colon]), needsBrackets: true)
        else { return nil }
        self.bytes = bytes
        self.port = port
    }

    /// The address that a socket is bound to; nil where it is no socket of TCP.
    package init?(ofSocket descriptor: Int32) {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard status == 0 else { return nil }
        let found = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { NetworkAddress($0) }
        }
        guard let found else { return nil }
        self = found
    }

    /// Whether nobody but this machine can connect.
    package var isLoopback: Bool {
        if bytes.count == 4 { return bytes[0] == 127 }
        if bytes.dropLast().allSatisfy({ $0 == 0 }) { return bytes.last == 1 }
        // An address of IPv4 within IPv6.
        return bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10...11] == [255, 255] && bytes[12] == 127
    }

    /// Whether it is of this machine or of its own link: loopback, link-local, or none in particular. Nothing that
    /// comes from elsewhere should be able to choose such a one.
    package var isLocal: Bool {
        let short = bytes.count == 4 ? bytes[...] : Self.embedded(bytes)
        if let short, let first = short.first {
            let second = short[short.startIndex + 1]
            return first == 0 || first == 127 || first == 169 && second == 254
        }
        // ::, and fe80::/10.
        return isLoopback || bytes.allSatisfy { $0 == 0 } || bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    }

    /// The address of IPv4 within one of IPv6 (`::ffff:127.0.0.1`).
    private static func embedded(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10...11] == [255, 255] else { return nil }
        return bytes[12...]
    }

    /// The address that a host is written as, in any of the ways in which the system takes numbers (`127.1`,
    /// `0x7f000001`, `[::1]`); nil for a name.
    package init?(host: String) {
        let isLong = host.hasPrefix("[") && host.hasSuffix("]")
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(isLong ? String(host.dropFirst().dropLast()) : host, nil, &hints, &found) == 0, let found
        else { return nil }
        defer { freeaddrinfo(found) }
        guard let address = found.pointee.ai_addr else { return nil }
        self.init(address)
    }

    /// The address in the system's words; nil where it is none of IP.
    package init?(_ address: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let address = raw.loadUnaligned(as: sockaddr_in.self)
            bytes = withUnsafeBytes(of: address.sin_addr) { Array($0) }
            port = UInt16(bigEndian: address.sin_port)
        case AF_INET6:
            let address = raw.loadUnaligned(as: sockaddr_in6.self)
            bytes = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
            port = UInt16(bigEndian: address.sin6_port)
        default: return nil
        }
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isShort = bytes.count == 4
        guard inet_ntop(isShort ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return isShort ? "\(address):\(port)" : "[\(address)]:\(port)"
    }

    /// The bytes of an address that is written as numbers; nil for a name.
    package static func bytes(_ text: String, needsBrackets: Bool = false) -> [UInt8]? {
        if text == "localhost" { return [127, 0, 0, 1] }
        let isLong = text.hasPrefix("[") && text.hasSuffix("]")
        var bytes = [UInt8](repeating: 0, count: 16)
        if isLong || !needsBrackets {
            let inner = isLong ? String(text.dropFirst().dropLast()) : text
            if inet_pton(AF_INET6, inner, &bytes) == 1 { return bytes }
            if isLong { return nil }
        }
        return inet_pton(AF_INET, text, &bytes) == 1 ? Array(bytes.prefix(4)) : nil
    }

    /// Calls `body` with what the system takes for it.
    package func withSocketAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        if bytes.count == 4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
            return withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }
}
