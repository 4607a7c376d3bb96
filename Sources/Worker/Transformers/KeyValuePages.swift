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

    /// Floats a token and layer: its keys, then its values.
    let rowWidth: Int
    /// Floats from one layer of a page to the next.
    let layerStride: Int
    let layers: Int
    private let budget: PageBudget

    package init(_ configuration: ModelConfiguration, budget: PageBudget) {
        rowWidth = 2 * configuration.keyWidth
        layers = configuration.layers
        layerStride = rowWidth * Self.tokens
        self.budget = budget
    }

    /// Bytes of one page.
    package var pageBytes: Int { layers * layerStride * MemoryLayout<Float>.stride }

    /// The most pages that there may be, were there no other model's.
    package var limit: Int { budget.limit / max(1, pageBytes) }

    /// An empty page, or nil where the budget is spent. Throws where the machine gives no memory.
    package func page() throws -> KeyValuePage? {
        guard budget.used + pageBytes <= budget.limit else { return nil }
        let buffer = try FloatBuffer(layers * layerStride)
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
        buffer.pointer + layer * pages.layerStride + token * pages.rowWidth
    }

    /// Copies the first `count` tokens of another page.
    package func copy(_ count: Int, from other: KeyValuePage) {
        for layer in 0..<pages.layers {
            row(layer, 0).update(from: other.row(layer, 0), count: count * pages.rowWidth)
        }
    }
}
