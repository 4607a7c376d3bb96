import Encoding
import Nouns
import Tokenization

extension RowEncoder {
    /// What is read of a row, as training would take it.
    package func shown(_ row: Row, maximumLength: Int) -> ShownRow {
        do {
            let examples = try examples(row, maximumLength: maximumLength)
            return ShownRow(line: row.line, file: row.file, examples: examples.map(parts))
        } catch { return ShownRow(line: row.line, file: row.file, problem: "\(error)") }
    }

    private func parts(_ example: EncodedExample) -> [ShownRow.Part] {
        var parts: [ShownRow.Part] = []
        var start = 0
        for index in example.ids.indices
        where index + 1 == example.ids.count
            || example.labels[index + 1] != example.labels[index]
        {
            let ids = example.ids[start...index]
            parts.append(
                ShownRow.Part(
                    text: tokenizer.decode(ids), isLearnt: example.labels[index],
                    tokens: ids.map { ShownRow.Token(id: $0, text: tokenizer.decode(CollectionOfOne($0))) }))
            start = index + 1
        }
        return parts
    }
}
