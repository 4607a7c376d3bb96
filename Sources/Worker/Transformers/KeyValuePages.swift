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
    /// Where the states of each layer that goes by the gated delta rule begin, and where the last ones end.
    let stateOffsets: [Int]
    /// Pages from one that keeps the states after its last token to the next; 1 where there are no states, or small
    /// ones.
    package let interval: Int
    private let budget: PageBudget

    /// - Parameter interval: of the pages that keep states. Unless it is given, states take up to some four times what
    ///   keys and values do.
    package init(_ configuration: ModelConfiguration, budget: PageBudget, interval: Int? = nil) {
        let widths = (0..<configuration.layers).map(configuration.keptWidth)
        offsets = (0..<configuration.layers).reduce(into: [0]) { offsets, layer in
            offsets.append(
                offsets[layer]
                    + (configuration.convolves(layer) ? configuration.stateWidth : widths[layer] * Self.tokens))
        }
        stateOffsets = (0..<configuration.layers).reduce(into: [0]) { offsets, layer in
            offsets.append(offsets[layer] + (configuration.recurs(layer) ? configuration.stateWidth(in: layer) : 0))
        }
        let (states, page) = (stateOffsets.last ?? 0, max(1, 4 * (offsets.last ?? 0)))
        self.interval = max(1, interval ?? min(64, (states + page - 1) / page))
        self.widths = widths
        self.configuration = configuration
        self.budget = budget
    }

    /// Whether a beginning can be taken up at the end of any of its tokens. Where layers convolve, a page keeps their
    /// products of its last tokens alone, so that only whole pages can be gone on from; where they go by the gated
    /// delta rule, only those pages that keep states.
    package var endsAnywhere: Bool { configuration.convolutions.isEmpty && !isRecurrent }

    /// Whether a sequence has states beside its pages.
    package var isRecurrent: Bool { configuration.delta != nil }

    /// Tokens from one place at which a beginning can be taken up to the next.
    package var takenUp: Int { endsAnywhere ? 1 : interval * Self.tokens }

    /// Bytes of one page, without states.
    package var pageBytes: Int { (offsets.last ?? 0) * MemoryLayout<Float>.stride }

    /// Bytes of the states of one sequence.
    package var stateBytes: Int { (stateOffsets.last ?? 0) * MemoryLayout<Float>.stride }

    /// Bytes of a sequence's page `index`, with the states that it keeps.
    package func bytes(ofPage index: Int) -> Int { pageBytes + (keepsStates(index) ? stateBytes : 0) }

    private func keepsStates(_ index: Int) -> Bool { isRecurrent && (index + 1) % interval == 0 }

    /// The most pages that one sequence may have, were there no other.
    package var limit: Int {
        max(0, budget.limit - stateBytes) / max(1, pageBytes + (stateBytes + interval - 1) / interval)
    }

    /// An empty page for place `index` of a sequence, or nil where the budget is spent. Throws where the machine gives
    /// no memory.
    package func page(_ index: Int = 0) throws -> KeyValuePage? {
        guard budget.used + bytes(ofPage: index) <= budget.limit else { return nil }
        let states = keepsStates(index) ? try self.states() : nil
        let buffer = try FloatBuffer(offsets.last ?? 0)
        budget.used += pageBytes
        return KeyValuePage(buffer, states, of: self)
    }

    /// The states of a sequence that has not begun, or nil where the budget is spent. Throws where the machine gives no
    /// memory.
    package func states() throws -> RecurrentStates? {
        guard budget.used + stateBytes <= budget.limit else { return nil }
        let buffer = try FloatBuffer(stateOffsets.last ?? 0)
        buffer.pointer.update(repeating: 0, count: stateOffsets.last ?? 0)
        budget.used += stateBytes
        return RecurrentStates(buffer, of: self)
    }

    fileprivate func takeBack(_ bytes: Int) { budget.used -= bytes }
}

/// What layers that go by the gated delta rule keep of a sequence up to some token: the state of each head, and the
/// last inputs of the convolution. Its memory goes back when nobody holds it.
package final class RecurrentStates {
    private let buffer: FloatBuffer
    private let pages: KeyValuePages

    fileprivate init(_ buffer: FloatBuffer, of pages: KeyValuePages) {
        self.buffer = buffer
        self.pages = pages
    }

    deinit { pages.takeBack(pages.stateBytes) }

    /// The state of one head.
    func matrix(_ layer: Int, _ head: Int) -> UnsafeMutablePointer<Float> {
        buffer.pointer + pages.stateOffsets[layer] + head * (pages.configuration.delta?.headState ?? 0)
    }

    /// The input of a layer's convolution at `position`, until as many tokens as it sees have come.
    func mixed(_ layer: Int, _ position: Int) -> UnsafeMutablePointer<Float> {
        let c = pages.configuration
        return buffer.pointer + pages.stateOffsets[layer] + (c.delta?.matrixWidth ?? 0)
            + position % max(1, c.taps - 1) * (c.delta?.mixedWidth ?? 0)
    }

    /// Takes the numbers of others of the same model.
    package func copy(from other: RecurrentStates) {
        buffer.pointer.update(from: other.buffer.pointer, count: pages.stateOffsets.last ?? 0)
    }
}

/// Keys and values of ``KeyValuePages/tokens`` successive tokens in every layer; its memory goes back when nobody holds
/// it.
package final class KeyValuePage {
    private let buffer: FloatBuffer
    private let pages: KeyValuePages
    /// What there is to go on from after the page's last token, once that is computed; nil in pages that keep none.
    package let states: RecurrentStates?

    fileprivate init(_ buffer: FloatBuffer, _ states: RecurrentStates?, of pages: KeyValuePages) {
        self.buffer = buffer
        self.states = states
        self.pages = pages
    }

    deinit { pages.takeBack(pages.pageBytes) }

    /// Whether a sequence that goes on behind the whole page finds all that it needs.
    package var canBeGoneOnFrom: Bool { !pages.isRecurrent || states != nil }

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
