import Tensors

/// What pages of keys and values may take together, whatever models they belong to. Not for use by several threads.
package final class PageBudget {
    package var limit: Int
    /// Bytes of all pages in use.
    package fileprivate(set) var used = 0

    package init(limit: Int) { self.limit = limit }
}

/// Memory for keys and values in pages of some tokens, so that sequences grow without moving and share what they begin
/// with. Not for use by several threads.
package final class KeyValuePages {
    /// Tokens that a page holds.
    package static let tokens = 16

    /// Floats a token in each layer: its keys, then its values; none in layers that attend to another's.
    fileprivate let widths: [Int]
    /// Where each layer of a page begins, and where the last one ends.
    let offsets: [Int]
    let configuration: ModelConfiguration
    private let budget: PageBudget

    package init(_ configuration: ModelConfiguration, budget: PageBudget) {
        let widths = (0..<configuration.layers).map(configuration.keptWidth)
        offsets = (0..<configuration.layers).reduce(into: [0]) { offsets, layer in
            offsets.append(
                offsets[layer]
                    + (configuration.convolves(layer) ? configuration.stateWidth : widths[layer] * Self.tokens))
        }
        self.widths = widths
        self.configuration = configuration
        self.budget = budget
    }

    /// Whether a beginning can be taken up at the end of any of its tokens. Where layers convolve, a page keeps their
    /// products of its last tokens alone, so that only whole pages can be gone on from.
    package var endsAnywhere: Bool { configuration.convolutions.isEmpty }

    /// Bytes of one page.
    package var pageBytes: Int { (offsets.last ?? 0) * MemoryLayout<Float>.stride }

    /// The most pages that there may be, were there no other model's.
    package var limit: Int { budget.limit / max(1, pageBytes) }

    /// An empty page, or nil where the budget is spent. Throws where the machine gives no memory.
    package func page() throws -> KeyValuePage? {
        guard budget.used + pageBytes <= budget.limit else { return nil }
        let buffer = try FloatBuffer(offsets.last ?? 0)
        budget.used += pageBytes
        return KeyValuePage(buffer, of: self)
    }

    fileprivate func takeBack() { budget.used -= pageBytes }
}

/// Keys and values of ``KeyValuePages/tokens`` successive tokens in every layer; its memory goes back when nobody holds
/// it.
package final class KeyValuePage {
    private let buffer: FloatBuffer
    private let pages: KeyValuePages

    fileprivate init(_ buffer: FloatBuffer, of pages: KeyValuePages) {
        self.buffer = buffer
        self.pages = pages
    }

    deinit { pages.takeBack() }

    /// The row of token `token` of the page.
    func row(_ layer: Int, _ token: Int) -> UnsafeMutablePointer<Float> {
        buffer.pointer + pages.offsets[layer] + token * pages.widths[layer]
    }

    /// A convolution's products of token `token` of the page, until as many tokens as it sees have come.
    func state(_ layer: Int, _ token: Int) -> UnsafeMutablePointer<Float> {
        let c = pages.configuration
        return buffer.pointer + pages.offsets[layer] + token % (c.taps - 1) * c.width
    }

    /// Copies the first `count` tokens of another page, of a model whose beginnings end anywhere.
    package func copy(_ count: Int, from other: KeyValuePage) {
        for layer in 0..<pages.configuration.layers {
            row(layer, 0).update(from: other.row(layer, 0), count: count * pages.widths[layer])
        }
    }
}
