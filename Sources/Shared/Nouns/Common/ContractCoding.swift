import Foundation

/// The one way contract values become JSON: sorted keys, ISO 8601 dates, unescaped slashes; equal values give equal
/// bytes.
package enum ContractCoding {
    /// Encodes to one line of canonical JSON.
    package static func encode(_ value: some Encodable) throws -> Data {
        try encoder().encode(value)
    }

    /// Encodes for people to read.
    package static func pretty(_ value: some Encodable) throws -> Data {
        let encoder = encoder()
        encoder.outputFormatting.insert(.prettyPrinted)
        return try encoder.encode(value)
    }

    /// Decodes what ``encode(_:)`` wrote.
    package static func decode<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: data)
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }
}
