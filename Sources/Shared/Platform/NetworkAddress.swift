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

    private init(bytes: [UInt8], port: UInt16) {
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
        let found: NetworkAddress? = withUnsafePointer(to: &storage) { pointer in
            switch Int32(pointer.pointee.ss_family) {
            case AF_INET:
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                    NetworkAddress(
                        bytes: withUnsafeBytes(of: address.pointee.sin_addr) { Array($0) },
                        port: UInt16(bigEndian: address.pointee.sin_port))
                }
            case AF_INET6:
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                    NetworkAddress(
                        bytes: withUnsafeBytes(of: address.pointee.sin6_addr) { Array($0) },
                        port: UInt16(bigEndian: address.pointee.sin6_port))
                }
            default: nil
            }
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
