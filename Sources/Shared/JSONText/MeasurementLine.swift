import Foundation
import Nouns

/// Writes and reads lines of `measure.jsonl` several times faster than a general coder, since there is one for every
/// row of a dataset.
package enum MeasurementLine {
    /// Appends the measurement as ``ContractCoding`` would write it, and a line end.
    package static func append(_ measurement: RowMeasurement, to out: inout [UInt8]) {
        out.append(contentsOf: "{\"drop\":".utf8)
        CanonicalJSON.text(measurement.drop.rawValue, &out)
        if let file = measurement.file {
            CanonicalJSON.key("file", &out)
            CanonicalJSON.text(file, &out)
        }
        func number(_ name: StaticString, _ value: Int) {
            CanonicalJSON.key(name, &out)
            out.append(contentsOf: String(value).utf8)
        }
        number("labels", measurement.labels)
        number("line", measurement.line)
        if let obstacle = measurement.obstacle {
            CanonicalJSON.key("obstacle", &out)
            CanonicalJSON.text(obstacle.rawValue, &out)
        }
        if let problem = measurement.problem {
            CanonicalJSON.key("problem", &out)
            CanonicalJSON.text(problem, &out)
        }
        CanonicalJSON.key("row", &out)
        CanonicalJSON.text(measurement.row.rawValue, &out)
        number("tokens", measurement.tokens)
        number("truncated", measurement.truncated)
        out.append(contentsOf: "}\n".utf8)
    }

    /// A measurement from its line. Throws a `JSONTextFault` or a `DecodingError` where it is none.
    package static func measurement(_ line: UnsafeBufferPointer<UInt8>) throws -> RowMeasurement {
        let value = try JSONText.parse(line).value
        func number(_ name: String) -> Int? { if case .integer(let number)? = value[name] { Int(number) } else { nil } }
        guard let row = value["row"]?.stringValue, let drop = value["drop"]?.stringValue, let place = number("line"),
            let tokens = number("tokens"),
            let labels = number("labels"), let truncated = number("truncated")
        else { return try ContractCoding.decode(RowMeasurement.self, from: Data(line)) }
        return RowMeasurement(
            row: RowID(row), drop: DropID(drop), line: place, file: value["file"]?.stringValue, tokens: tokens,
            labels: labels, truncated: truncated,
            problem: value["problem"]?.stringValue,
            obstacle: value["obstacle"]?.stringValue.flatMap(RowMeasurement.Obstacle.init(rawValue:)))
    }
}
