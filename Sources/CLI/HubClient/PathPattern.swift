/// A pattern of file names as cards of datasets write it: `*` and `?` within a folder, `**` over folders, `[a-z]`.
/// Matching takes time in proportion to pattern and name, whatever the pattern is.
struct PathPattern {
    private enum Step {
        case one(Unicode.Scalar)
        case any
        case anyOf([ClosedRange<Unicode.Scalar>], isNegated: Bool)
        /// Any number of characters within a folder.
        case many
        /// Any number of characters.
        case deep
        /// Nothing, or what the next two steps are: any number of characters, and the slash that ends them.
        case folders
    }

    private let steps: [Step]

    init(_ text: String) {
        var rest = Array((text.hasPrefix("./") ? text.dropFirst(2) : text[...]).unicodeScalars)[...]
        var steps: [Step] = []
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*" where rest.first == "*":
                rest = rest.drop { $0 == "*" }
                guard rest.first == "/" else {
                    steps.append(.deep)
                    continue
                }
                rest = rest.dropFirst()
                steps += [.folders, .deep, .one("/")]
            case "*": steps.append(.many)
            case "?": steps.append(.any)
            case "[":
                if let found = Self.anyOf(&rest) { steps.append(found) } else { steps.append(.one(scalar)) }
            default: steps.append(.one(scalar))
            }
        }
        self.steps = steps
    }

    /// The rest of `[…]`; nil, with nothing taken, where nothing ends it.
    private static func anyOf(_ rest: inout ArraySlice<Unicode.Scalar>) -> Step? {
        let isNegated = rest.first == "!" || rest.first == "^"
        let inner = isNegated ? rest.dropFirst() : rest
        // A bracket in the first place stands for itself.
        guard let end = inner.dropFirst().firstIndex(of: "]") else { return nil }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        var left = inner[..<end]
        while let low = left.popFirst() {
            if left.first == "-", let high = left.dropFirst().first, low <= high {
                ranges.append(low...high)
                left = left.dropFirst(2)
            } else {
                ranges.append(low...low)
            }
        }
        rest = inner[(end + 1)...]
        return .anyOf(ranges, isNegated: isNegated)
    }

    func matches(_ path: String) -> Bool {
        // Which steps may come next.
        var next = [Bool](repeating: false, count: steps.count + 1)
        next[0] = true
        skip(&next)
        for scalar in path.unicodeScalars {
            var after = [Bool](repeating: false, count: steps.count + 1)
            for (index, step) in steps.enumerated() where next[index] {
                switch step {
                case .one(let wanted): if scalar == wanted { after[index + 1] = true }
                case .any: if scalar != "/" { after[index + 1] = true }
                case .anyOf(let ranges, let isNegated):
                    if scalar != "/", ranges.contains(where: { $0.contains(scalar) }) != isNegated {
                        after[index + 1] = true
                    }
                case .many: if scalar != "/" { after[index] = true }
                case .deep: after[index] = true
                case .folders: break
                }
            }
            skip(&after)
            next = after
        }
        return next[steps.count]
    }

    /// Steps that may stand for nothing are passed.
    private func skip(_ next: inout [Bool]) {
        for (index, step) in steps.enumerated() where next[index] {
            switch step {
            case .many, .deep: next[index + 1] = true
            case .folders:
                next[index + 1] = true
                next[index + 3] = true
            default: break
            }
        }
    }
}
