/// The kernel of a short convolution: a weight for each tap and channel.
package struct ConvolutionKernel: Hashable, Sendable {
    package let taps: Int
    package let width: Int
    /// [taps × width], the oldest tap first: what is multiplied at a time lies side by side.
    package let weights: [Float]

    package init(weights: [Float], taps: Int) {
        self.taps = taps
        self.weights = weights
        width = weights.count / max(1, taps)
    }

    /// - Parameter stored: [width × taps], as files have it.
    package init(stored: [Float], taps: Int) {
        let width = stored.count / max(1, taps)
        self.init(weights: (0..<taps * width).map { stored[$0 % width * taps + $0 / width] }, taps: taps)
    }

    /// [width × taps], as files have it.
    package var stored: [Float] { (0..<width * taps).map { weights[$0 % taps * width + $0 / taps] } }
}
