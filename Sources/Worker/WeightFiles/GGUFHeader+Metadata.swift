extension GGUFHeader {
    /// Reads the type and the value of one metadata key.
    static func value(_ reader: inout ByteReader, _ key: String) throws(WeightFileError) -> GGUFValue {
        let place = reader.offset
        let type: UInt32 = try reader.number("the type of \(key)")
        switch type {
        case 0: return .unsigned(UInt64(try reader.number(key, as: UInt8.self)))
        case 1: return .signed(Int64(try reader.number(key, as: Int8.self)))
        case 2: return .unsigned(UInt64(try reader.number(key, as: UInt16.self)))
        case 3: return .signed(Int64(try reader.number(key, as: Int16.self)))
        case 4: return .unsigned(UInt64(try reader.number(key, as: UInt32.self)))
        case 5: return .signed(Int64(try reader.number(key, as: Int32.self)))
        case 6: return .number(Double(Float(bitPattern: try reader.number(key))))
        case 7: return .flag(try reader.number(key, as: UInt8.self) != 0)
        case 8: return .text(try reader.string(key))
        case 9: return try array(&reader, key)
        case 10: return .unsigned(try reader.number(key))
        case 11: return .signed(try reader.number(key))
        case 12: return .number(Double(bitPattern: try reader.number(key)))
        default: throw reader.failure(.malformed, "the key \(key) has the unknown type \(type)", at: place)
        }
    }

    private static func array(_ reader: inout ByteReader, _ key: String) throws(WeightFileError) -> GGUFValue {
        let place = reader.offset
        let type: UInt32 = try reader.number("the element type of \(key)")
        switch type {
        case 0: return .integers(try numbers(&reader, key) { (value: UInt8) in Int64(value) })
        case 1: return .integers(try numbers(&reader, key) { (value: Int8) in Int64(value) })
        case 2: return .integers(try numbers(&reader, key) { (value: UInt16) in Int64(value) })
        case 3: return .integers(try numbers(&reader, key) { (value: Int16) in Int64(value) })
        case 4: return .integers(try numbers(&reader, key) { (value: UInt32) in Int64(value) })
        case 5: return .integers(try numbers(&reader, key) { (value: Int32) in Int64(value) })
        case 6: return .numbers(try numbers(&reader, key) { (value: UInt32) in Float(bitPattern: value) })
        case 7: return .flags(try numbers(&reader, key) { (value: UInt8) in value != 0 })
        case 8:
            let count = try reader.count("the length of \(key)", minimumBytes: 8)
            var texts: [String] = []
            texts.reserveCapacity(count)
            for index in 0..<count { texts.append(try reader.string("\(key)[\(index)]")) }
            return .texts(texts)
        case 10: return .integers(try numbers(&reader, key) { (value: UInt64) in Int64(clamping: value) })
        case 11: return .integers(try numbers(&reader, key) { (value: Int64) in value })
        case 12: return .numbers(try numbers(&reader, key) { (value: UInt64) in Float(Double(bitPattern: value)) })
        case 9:
            throw reader.failure(
                .unsupported, "the key \(key) is a list of lists, which no known model needs", at: place,
                remedy: "Convert the model again with a current llama.cpp.")
        default: throw reader.failure(.malformed, "the list \(key) has the unknown element type \(type)", at: place)
        }
    }

    private static func numbers<Stored: FixedWidthInteger, Value>(
        _ reader: inout ByteReader, _ key: String, _ convert: (Stored) -> Value
    ) throws(WeightFileError) -> [Value] {
        let count = try reader.count("the length of \(key)", minimumBytes: MemoryLayout<Stored>.size)
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(convert(try reader.number(key))) }
        return values
    }
}
