import Tensors

/// Keys and values of every layer that attends for a batch of sequences: those of the prompts' packed stream, in which
/// a shared beginning is kept once, and a run of rows for what each sequence generates; of every layer that convolves
/// the products of each sequence's last tokens; and of every layer that goes by the gated delta rule each sequence's
/// states and the last inputs of its convolution.
package final class KeyValueCache {
    /// Floats a token in each layer: its keys, then its values; none in layers that attend to another's.
    private let widths: [Int]
    /// Tokens of the prompts' stream.
    let promptTokens: Int
    /// Tokens that each sequence may add.
    package let newTokens: Int
    private let layers: [FloatBuffer]
    private let configuration: ModelConfiguration

    /// Makes room; pages that are never written cost no memory.
    package init(_ configuration: ModelConfiguration, promptTokens: Int, sequences: Int, newTokens: Int) throws {
        self.configuration = configuration
        widths = (0..<configuration.layers).map(configuration.keptWidth)
        self.promptTokens = promptTokens
        self.newTokens = newTokens
        let rows = promptTokens + sequences * newTokens
        layers = try (0..<configuration.layers).map { [widths] layer in
            try FloatBuffer(
                configuration.attends(layer)
                    ? rows * widths[layer] : sequences * configuration.stateWidth(in: layer))
        }
    }

    /// Floats from one token's keys and values to the next one's.
    func rowWidth(_ layer: Int) -> Int { widths[layer] }

    /// The row of token `token` of the prompts' stream.
    func prompt(_ layer: Int, _ token: Int) -> UnsafeMutablePointer<Float> {
        layers[layer].pointer + token * widths[layer]
    }

    /// The row of the `index`-th token that sequence `sequence` adds.
    func added(_ layer: Int, _ sequence: Int, _ index: Int) -> UnsafeMutablePointer<Float> {
        layers[layer].pointer + (promptTokens + sequence * newTokens + index) * widths[layer]
    }

    /// A convolution's products of the token at `position` of a sequence, until as many tokens as it sees have come.
    func state(_ layer: Int, _ sequence: Int, _ position: Int) -> UnsafeMutablePointer<Float> {
        layers[layer].pointer + sequence * configuration.stateWidth
            + position % (configuration.taps - 1) * configuration.width
    }

    /// The state of one head of the gated delta rule after a sequence's last token.
    func matrix(_ layer: Int, _ sequence: Int, _ head: Int) -> UnsafeMutablePointer<Float> {
        layers[layer].pointer + sequence * configuration.stateWidth(in: layer)
            + head * (configuration.delta?.headState ?? 0)
    }

    /// The input of such a layer's convolution at `position` of a sequence, until as many tokens as it sees have come.
    func mixed(_ layer: Int, _ sequence: Int, _ position: Int) -> UnsafeMutablePointer<Float> {
        let rule = configuration.delta
        return matrix(layer, sequence, 0) + (rule?.matrixWidth ?? 0)
            + position % max(1, configuration.taps - 1) * (rule?.mixedWidth ?? 0)
    }

    /// Bytes that one token takes over all layers.
    package static func bytesPerToken(_ configuration: ModelConfiguration) -> Int {
        (0..<configuration.layers).reduce(0) { $0 + configuration.keptWidth($1) } * MemoryLayout<Float>.stride
    }

    /// Bytes that one sequence takes beside them, however long it is.
    package static func bytesPerSequence(_ configuration: ModelConfiguration) -> Int {
        (0..<configuration.layers).reduce(0) { $0 + configuration.stateWidth(in: $1) } * MemoryLayout<Float>.stride
    }
}
