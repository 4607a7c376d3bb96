import Testing

@testable import Statistics

@Suite struct HypothesisTests {
    let reference: Reference
    init() throws { reference = try Reference.load() }

    @Test func mcNemarEqualsStatsmodels() {
        for row in reference.mcnemar {
            let table = PairedProportions(count: row.gained + row.lost + 20, gained: row.gained, lost: row.lost)
            #expect(near(table.mcNemar(.twoSided), row.two))
            #expect(near(table.mcNemar(.greater), row.greater))
        }
    }

    @Test func proportionIntervalsEqualStatsmodels() {
        for row in reference.wilson {
            let interval = ProportionInterval.wilson(successes: row.k, count: row.n)
            #expect(near(interval.lower, row.lo) && near(interval.upper, row.hi))
        }
        #expect(ProportionInterval.wilson(successes: 0, count: 0) == Interval(lower: 0, upper: 1))
    }

    @Test func holmEqualsStatsmodels() {
        let adjusted = HolmCorrection.adjust(reference.holm.p)
        for (a, b) in zip(adjusted, reference.holm.adjusted) { #expect(near(a, b)) }
        #expect(HolmCorrection.adjust([.nan, 0.01]) == [1, 0.02])
    }

    @Test func kolmogorovSmirnovEqualsScipy() throws {
        for row in reference.ks {
            let test = try #require(KolmogorovSmirnov(row.x, row.y))
            #expect(near(test.statistic, row.d) && near(test.pValue, row.p, relative: 1e-7))
        }
        #expect(KolmogorovSmirnov([], [1]) == nil)
    }

    @Test func chiSquareEqualsScipy() throws {
        for row in reference.chisquare {
            let test = try #require(ChiSquareTest(table: row.table))
            #expect(near(test.statistic, row.x) && near(test.pValue, row.p) && test.degrees == row.df)
        }
        #expect(ChiSquareTest(table: [[1, 2], [0, 0]]) == nil)
        #expect(ChiSquareTest(table: [[1, 2], [3]]) == nil)
    }

    @Test func regressionAndQuantilesEqualScipy() throws {
        let pairs = reference.pairs
        let line = try #require(LinearRegression(pairs.x, pairs.y))
        #expect(near(line.slope, pairs.slope) && near(line.intercept, pairs.intercept))
        #expect(
            near(line.rSquared, pairs.r2) && near(line.slopeError, pairs.error)
                && near(line.pValue, pairs.p, relative: 1e-7))
        for (share, value) in zip([0, 0.1, 0.5, 0.77, 1], pairs.quantiles) {
            #expect(near(Summary.quantile(pairs.y, share), value))
        }
        #expect(LinearRegression([1, 1], [2, 3]) == nil)
    }

    @Test func bootstrapAgreesWithScipyWithinItsNoise() throws {
        let row = reference.bootstrap
        let mean = try #require(PairedBootstrap.mean(of: row.d, seed: 5))
        #expect(near(mean.lower, row.lo, absolute: 0.006) && near(mean.upper, row.hi, absolute: 0.006))
        #expect(near(mean.lower, row.t_lo, absolute: 0.006) && near(mean.pValue, row.t_p, absolute: 0.015))
        let corpus = try #require(
            PairedBootstrap.statistic(count: row.d.count, seed: 5) { weights in
                var (sum, total) = (0.0, 0.0)
                for (value, weight) in zip(row.d, weights) {
                    sum += value * Double(weight)
                    total += Double(weight)
                }
                return sum / total
            })
        #expect(near(corpus.lower, row.lo, absolute: 0.006) && near(corpus.upper, row.hi, absolute: 0.006))
        #expect(try #require(PairedBootstrap.mean(of: row.d, seed: 5)) == mean)
    }

    @Test func bootstrapNeverClaimsMoreThanItSaw() throws {
        #expect(PairedBootstrap.mean(of: [0.4], seed: 1) == nil)
        #expect(PairedBootstrap.mean(of: [0.4, .nan], seed: 1) == nil)
        let flat = try #require(PairedBootstrap.mean(of: [Double](repeating: 0, count: 20), limit: 1, seed: 1))
        #expect(flat.lower < -0.13 && flat.upper > 0.13 && flat.pValue == 1)
    }

    @Test func learningCurveFindsItsParameters() throws {
        let rows = [50, 100, 200, 400, 800, 1600]
        let curve = try #require(
            LearningCurve(rows: rows, errors: rows.map { 0.1 + 3 * (1 / Double($0)).squareRoot() }))
        #expect(near(curve.floor, 0.1, absolute: 1e-4) && near(curve.exponent, 0.5, absolute: 1e-3))
        let needed = try #require(curve.rows(for: 0.13))
        #expect(abs(needed - 10_000) < 150)
        #expect(curve.rows(for: 0.05) == nil)
        #expect(LearningCurve(rows: [10, 10], errors: [1, 1]) == nil)
        #expect(LearningCurve(rows: [10, 20, 30], errors: [1, .nan, 1]) == nil)
    }

    @Test func rowsNeededDecideWithTheStatedPower() throws {
        let rows = try #require(SampleSize.pairedProportions(difference: 0.05, discordance: 0.15))
        #expect(rows == 365)  // (1.6449 + 0.8416)² · (0.15 − 0.0025) / 0.0025
        #expect(SampleSize.pairedProportions(difference: -0.05, discordance: 0.15, margin: 0.02) == nil)
        #expect(try #require(SampleSize.flawless(margin: 0.02)) == 149)
    }
}
