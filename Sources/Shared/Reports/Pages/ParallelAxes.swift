import Foundation
import Nouns

/// Where trials lie on the axes of parallel coordinates: one axis a dimension, and the loss as the last.
struct ParallelAxes {
    let names: [String]
    private var scales: [String: Scale] = [:]
    private let lossName: String

    private enum Scale {
        case numbers(Double, Double, logarithmic: Bool)
        case words([String])
    }

    init(_ experiment: Experiment) {
        names = ExperimentTable.columns(experiment)
        lossName = ExperimentTable.unit(experiment)
        for name in names {
            let values = experiment.trials.compactMap { $0.values[name] }
            let numbers = values.compactMap(\.doubleValue)
            let dimension = experiment.settings.search.first { $0.name == name }
            if numbers.count == values.count, let low = numbers.min(), let high = numbers.max() {
                var logarithmic = false
                if case .logUniform = dimension?.kind { logarithmic = low > 0 }
                scales[name] = .numbers(low, high, logarithmic: logarithmic)
            } else {
                scales[name] = .words(Set(values.map { ExperimentTable.value($0) }).sorted())
            }
        }
        let losses = experiment.trials.compactMap(\.losses.last).filter(\.isFinite)
        if let low = losses.min(), let high = losses.max() {
            scales[lossName] = .numbers(low, high, logarithmic: false)
        }
    }

    /// 0 ... 1 along an axis; nil where the trial has no value there.
    func place(_ name: String, _ trial: Trial) -> Double? {
        switch scales[name] {
        case .numbers(let low, let high, let logarithmic):
            guard let number = name == lossName ? trial.losses.last : trial.values[name]?.doubleValue, number.isFinite
            else { return nil }
            if high <= low { return 0.5 }
            return logarithmic ? (log(number) - log(low)) / (log(high) - log(low)) : (number - low) / (high - low)
        case .words(let words):
            guard let value = trial.values[name], let index = words.firstIndex(of: ExperimentTable.value(value)) else {
                return nil
            }
            return words.count == 1 ? 0.5 : Double(index) / Double(words.count - 1)
        case nil: return nil
        }
    }

    /// What stands at the two ends of an axis.
    func ends(_ name: String) -> (low: String, high: String) {
        switch scales[name] {
        case .numbers(let low, let high, _): (Quantity.number(low), Quantity.number(high))
        case .words(let words): (words.first ?? "", words.count > 1 ? words.last ?? "" : "")
        case nil: ("", "")
        }
    }
}
