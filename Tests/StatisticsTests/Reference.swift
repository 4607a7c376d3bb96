import Foundation
import Testing

/// Values from scipy and statsmodels (tools/make-judge-fixtures.py).
struct Reference: Decodable {
    struct Normal: Decodable { var p, z: Double }
    struct T: Decodable { var p, df, t: Double }
    struct Beta: Decodable { var p, a, b, x: Double }
    struct Chi2: Decodable { var x, df, sf, q: Double }
    struct Binomial: Decodable { var k, n: Int, p, cdf, pmf: Double }
    struct McNemar: Decodable { var gained, lost: Int, two, greater: Double }
    struct Proportion: Decodable { var k, n: Int, lo, hi: Double }
    struct Holm: Decodable { var p, adjusted: [Double] }
    struct KS: Decodable { var x, y: [Double], d, p: Double }
    struct ChiSquare: Decodable { var table: [[Int]], x, p: Double, df: Int }
    struct Pairs: Decodable {
        var x, y: [Double], slope, intercept, r2, p, error: Double, quantiles: [Double]
    }
    struct Bootstrap: Decodable { var d: [Double], lo, hi, t_lo, t_p: Double }
    var normal: [Normal], t: [T], beta: [Beta], chi2: [Chi2], binomial: [Binomial], mcnemar: [McNemar]
    var wilson: [Proportion], holm: Holm, ks: [KS], chisquare: [ChiSquare], pairs: Pairs, bootstrap: Bootstrap

    static func load() throws -> Reference {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appendingPathComponent("Fixtures/statistics/reference.json")
        return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
    }
}

/// Whether two numbers agree within a share of the larger, or within an absolute difference near zero.
func near(_ a: Double, _ b: Double, relative: Double = 1e-9, absolute: Double = 1e-12) -> Bool {
    abs(a - b) <= max(absolute, relative * max(abs(a), abs(b)))
}
