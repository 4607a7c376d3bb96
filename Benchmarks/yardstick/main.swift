// The linear model on n-grams that every evaluation of labelled rows fits, by itself.
//
// usage: bench-yardstick ROWS.jsonl TEST_ROWS SIZE ...
//
// The last TEST_ROWS rows judge, the first SIZE rows are learnt from; prints the size, the accuracy and the seconds of
// counting and fitting. compare.py holds it against scikit-learn.

import Foundation
import Yardstick

struct LabelledRow: Decodable {
    var prompt: String
    var completion: String
}

let arguments = CommandLine.arguments.dropFirst()
guard let path = arguments.first, let held = arguments.dropFirst().first.flatMap({ Int($0) }), held > 0 else {
    FileHandle.standardError.write(Data("usage: bench-yardstick ROWS.jsonl TEST_ROWS SIZE ...\n".utf8))
    exit(64)
}
let rows = try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: 10).map {
    try JSONDecoder().decode(LabelledRow.self, from: Data($0))
}
for size in arguments.dropFirst(2).compactMap({ Int($0) }) where size + held <= rows.count && size > 0 {
    let learnt = rows.prefix(size)
    let began = ContinuousClock.now
    let features = TextYardstick.features(classes: Set(learnt.map(\.completion)).count)
    let model = TextYardstick(
        learnt.map { features.counts($0.prompt) }, labels: learnt.map(\.completion), features, interruption: {})
    let seconds = began.duration(to: .now) / .seconds(1)
    let right = rows.suffix(held).count { model.label($0.prompt) == $0.completion }
    print(size, String(format: "%.4f %.2f", Double(right) / Double(held), seconds))
}
