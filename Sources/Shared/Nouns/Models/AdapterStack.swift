/// What the adapter that a run trains rests on: what lies below it, frozen, and what its weights begin as.
package struct AdapterStack: Hashable, Sendable {
    /// Adapters that are merged onto the base, in order, and stay as they are.
    package let frozen: [AdapterReference]
    /// The adapter that training goes on with; nil begins a new one.
    package let start: AdapterReference?

    /// - Parameter parent: the adapters of the version that training starts from (nil: the base alone).
    package init(_ mode: Run.Mode, parent: [AdapterReference]?) {
        switch mode {
        case .continued:
            frozen = Array((parent ?? []).dropLast())
            start = parent?.last
        case .stack:
            frozen = parent ?? []
            start = nil
        case .fromBase:
            frozen = []
            start = nil
        }
    }

    /// Of a model that was trained elsewhere: its last adapter rests on these.
    package init(frozen: [AdapterReference]) {
        self.frozen = frozen
        start = nil
    }

    /// All adapters of the model that comes of it, in order.
    package func topped(by adapter: AdapterReference) -> [AdapterReference] { frozen + [adapter] }
}
