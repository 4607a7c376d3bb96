import Foundation
import Nouns

/// The curve of a learning-rate range test and what was made of it.
package enum RangeTestReport {
    /// For terminals: the reason and the smoothed loss over the rate.
    package static func text(_ range: RangeTestResult, notes: [String: String]?) -> String {
        let points = zip(range.learningRates, range.smoothed).filter { $0.0 > 0 }.map { (x: log10($0.0), y: $0.1) }
        return "Learning rate: \(notes?["learning_rate"] ?? range.reason)\n"
            + TerminalPlot.lines(
                [.init(name: "smoothed", points: points)], x: "learning rate", y: "loss", height: 8,
                xText: { String(format: "%.0e", pow(10, $0)) })
    }

    /// For the HTML report.
    static func section(_ range: RangeTestResult, notes: [String: String]?) -> String {
        func line(_ losses: [Double]) -> [(x: Double, y: Double)] {
            zip(range.learningRates, losses).filter { $0.0 > 0 }.map { (log10($0.0), $0.1) }
        }
        var text = "<section><h2>Learning rate</h2><p>\(SVGPlot.escaped(notes?["learning_rate"] ?? range.reason))</p>"
        text += "<figure>"
        text += SVGPlot.lines(
            [
                .init(name: "loss of each step", colour: "#90a4ae", points: line(range.losses)),
                .init(name: "smoothed", colour: "#1565c0", points: line(range.smoothed)),
            ], x: "learning rate (power of ten)", y: "loss")
        return text
            + """
            <figcaption>The sweep's suggestion: \
            \(String(format: "%.2e", range.suggested)).</figcaption></figure></section>
            """
    }
}
