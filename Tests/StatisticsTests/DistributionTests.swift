import Testing

@testable import Statistics

@Suite struct DistributionTests {
    let reference: Reference
    init() throws { reference = try Reference.load() }

    @Test func normalQuantilesEqualScipy() {
        for row in reference.normal {
            #expect(near(NormalDistribution.quantile(row.p), row.z, relative: 1e-12))
            #expect(near(NormalDistribution.cdf(row.z), row.p, relative: 1e-10))
        }
        #expect(NormalDistribution.quantile(0) == -.infinity)
        #expect(NormalDistribution.quantile(-0.1).isNaN)
    }

    @Test func tAndBetaQuantilesEqualScipy() {
        for row in reference.t {
            #expect(near(StudentTDistribution.quantile(row.p, degrees: row.df), row.t, relative: 1e-8))
        }
        for row in reference.beta {
            #expect(near(BetaDistribution.quantile(row.p, row.a, row.b), row.x, relative: 1e-9))
        }
    }

    @Test func chiSquaredEqualsScipy() {
        for row in reference.chi2 {
            #expect(near(ChiSquaredDistribution.survival(row.x, degrees: row.df), row.sf, relative: 1e-10))
            #expect(near(ChiSquaredDistribution.quantile(0.95, degrees: row.df), row.q, relative: 1e-9))
        }
    }

    @Test func binomialEqualsScipy() {
        for row in reference.binomial {
            #expect(near(BinomialDistribution.cdf(row.k, row.n, row.p), row.cdf, relative: 1e-9))
            #expect(near(BinomialDistribution.pmf(row.k, row.n, row.p), row.pmf, relative: 1e-9))
        }
    }

    @Test func drawsDependOnSeedStreamAndCounterAlone() {
        let random = CounterRandom(seed: 3, stream: 1)
        #expect(random.bits(9) == CounterRandom(seed: 3, stream: 1).bits(9))
        #expect(random.bits(9) != CounterRandom(seed: 3, stream: 2).bits(9))
        let draws = (0..<20_000).map { random.unit(UInt64($0)) }
        #expect(abs(Summary.mean(draws) - 0.5) < 0.01)
        #expect(abs(Summary.variance(draws) - 1.0 / 12) < 0.002)
        #expect(random.index(4, below: 0) == 0)
    }
}
