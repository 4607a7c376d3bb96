/// The path of an endpoint, with the places of its subject's values: `/v1/runs/{run}/events`.
package struct PathTemplate: Hashable, Sendable, CustomStringConvertible {
    package enum Segment: Hashable, Sendable {
        case literal(String)
        case value(String)
    }
    package let segments: [Segment]

    package init(_ text: String) {
        segments = text.split(separator: "/").map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .value(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    /// The names of its values, in order.
    package var names: [String] {
        segments.compactMap { if case .value(let name) = $0 { name } else { nil } }
    }

    /// What it begins with, up to its first value.
    package var literals: [String] {
        segments.prefix { if case .literal = $0 { true } else { false } }.map { segment in
            if case .literal(let text) = segment { text } else { "" }
        }
    }

    package var description: String {
        segments.map { segment in
            switch segment {
            case .literal(let text): "/\(text)"
            case .value(let name): "/{\(name)}"
            }
        }.joined()
    }

    /// The path with `values` in their places, not percent-encoded; values that are missing are left out.
    package func path(_ values: [String]) -> String {
        var rest = values[...]
        return segments.map { segment in
            switch segment {
            case .literal(let text): "/\(text)"
            case .value: "/\(rest.popFirst() ?? "")"
            }
        }.joined()
    }

    /// The values that `parts`, the segments of a request's path, have in its places; nil where it is another path.
    package func values(_ parts: [String]) -> [String]? {
        guard parts.count == segments.count else { return nil }
        var values: [String] = []
        for (part, segment) in zip(parts, segments) {
            switch segment {
            case .literal(let text): if part != text { return nil }
            case .value: values.append(part)
            }
        }
        return values
    }
}
