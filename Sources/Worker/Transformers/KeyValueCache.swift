import Tensors

/// Keys and values of every layer for a batch of sequences: those of the prompts' packed stream, in which a shared
/// beginning is kept once, and a run of rows for what each sequence generates.
package final class KeyValueCache {
    /// Floats a token and layer: its keys, then its values.
    let rowWidth: Int
    /// Tokens of the prompts' stream.
    let promptTokens: Int
    /// Tokens that each sequence may add.
    package let newTokens: Int
    private let layers: [FloatBuffer]

    /// Makes room; pages that are never written cost no memory.
    package init(_ configuration: ModelConfiguration, promptTokens: Int, sequences: Int, newTokens: Int) throws {
        rowWidth = 2 * configuration.keyWidth
        self.promptTokens = promptTokens
        self.newTokens = newTokens
        let rows = promptTokens + sequences * newTokens
        layers = try (0..<configuration.layers).map { [rowWidth] _ in try FloatBuffer(rows * rowWidth) }
    }

    /// The row of token `token` of the prompts' stream.
    func prompt(_ layer: Int, _ token: Int) -> UnsafeMutablePointer<Float> { layers[layer].pointer + token * rowWidth }

    /// The row of the `index`-th token that sequence `sequence` adds.
    func added(_ layer: Int, _ sequence: Int, _ index: Int) -> UnsafeMutablePointer<Float> {
        layers[layer].pointer + (promptTokens + sequence * newTokens + index) * rowWidth
    }

    /// Bytes that one token takes over all layers.
    package static func bytesPerToken(_ configuration: ModelConfiguration) -> Int {
        2 * configuration.keyWidth * configuration.layers * MemoryLayout<Float>.stride
    }
}
