import Transformers

/// Keys and values of what prompts began with, by model and tokens, so that whoever begins alike need not compute them
/// again: a tree of pages, least recently used out first.
///
/// It keeps pages that nobody uses for as long as their memory is not wanted. A row of a page is the same bits whoever
/// computed it, so what is found here changes no answer. Not for use by several threads.
final class PrefixCache {
    private final class Node {
        /// Up to a page's tokens; only leaves have fewer.
        let tokens: [Int32]
        var page: KeyValuePage
        var children: [Node] = []
        weak var parent: Node?
        let model: String
        var lastUse: UInt64

        init(_ tokens: [Int32], _ page: KeyValuePage, parent: Node?, model: String, lastUse: UInt64) {
            self.tokens = tokens
            self.page = page
            self.parent = parent
            self.model = model
            self.lastUse = lastUse
        }
    }

    /// What is known of a sequence's beginning.
    struct Match {
        /// Whole pages, which are shared.
        var pages: [KeyValuePage] = []
        /// A page of which the first `tail` tokens are wanted; they are to be copied.
        var partial: KeyValuePage?
        var tail = 0
        /// Tokens in all.
        var tokens: Int { pages.count * KeyValuePages.tokens + tail }
    }

    private var roots: [String: [Node]] = [:]
    private var clock: UInt64 = 0
    /// Pages that are kept.
    private(set) var count = 0

    /// The longest known beginning of `tokens`, at most `limit` of them, for the model of content `model`.
    ///
    /// - Parameter endsAnywhere: whether a part of a page may be taken, as ``KeyValuePages/endsAnywhere`` says.
    func match(_ tokens: [Int32], model: String, limit: Int, endsAnywhere: Bool = true) -> Match {
        clock += 1
        var match = Match()
        var level = roots[model] ?? []
        var place = 0
        while place < limit {
            var best: (node: Node, shared: Int)?
            for node in level where node.tokens[0] == tokens[place] {
                let shared = Self.common(node.tokens, tokens, from: place, limit: limit)
                if shared > best?.shared ?? 0 { best = (node, shared) }
            }
            guard let (node, shared) = best else { break }
            node.lastUse = clock
            guard shared == KeyValuePages.tokens else {
                if endsAnywhere { (match.partial, match.tail) = (node.page, shared) }
                break
            }
            match.pages.append(node.page)
            place += shared
            level = node.children
        }
        while let last = match.pages.last, !last.canBeGoneOnFrom { match.pages.removeLast() }
        return match
    }

    /// Keeps the pages of a sequence's first `count` tokens; the last may be full in part, and go on being filled
    /// behind them.
    func keep(_ tokens: [Int32], count: Int, pages: [KeyValuePage], model: String) {
        clock += 1
        var parent: Node?
        for index in 0..<(count + KeyValuePages.tokens - 1) / KeyValuePages.tokens {
            let from = index * KeyValuePages.tokens
            let part = Array(tokens[from..<min(count, from + KeyValuePages.tokens)])
            let level = parent?.children ?? roots[model] ?? []
            if let known = level.first(where: { $0.tokens.starts(with: part) }) {
                known.lastUse = clock
                parent = known
                if known.tokens.count > part.count { return }
                continue
            }
            let node = Node(part, pages[index], parent: parent, model: model, lastUse: clock)
            // What is a beginning of the new page says nothing more.
            let outdated = level.filter { $0.tokens.count < part.count && part.starts(with: $0.tokens) }
            set(level.filter { old in !outdated.contains { $0 === old } } + [node], below: parent, model)
            self.count += 1 - outdated.count
            parent = node
        }
    }

    /// Lets go of least recently used pages until `enough` says so or none is left that would give memory back.
    func evict(until enough: () -> Bool) {
        while !enough() {
            var leaves: [Node] = []
            for level in roots.values { for node in level { Self.collect(node, &leaves) } }
            let unused = leaves.filter { isKnownUniquelyReferenced(&$0.page) }.sorted { $0.lastUse < $1.lastUse }
            if unused.isEmpty { return }
            for node in unused.prefix(max(1, unused.count / 8)) {
                if enough() { return }
                let level = node.parent?.children ?? roots[node.model] ?? []
                set(level.filter { $0 !== node }, below: node.parent, node.model)
                count -= 1
            }
        }
    }

    /// Forgets all that a model's prompts left.
    func forget(model: String) {
        for node in roots[model] ?? [] { count -= Self.size(node) }
        roots[model] = nil
    }

    private func set(_ level: [Node], below parent: Node?, _ model: String) {
        if let parent { parent.children = level } else { roots[model] = level.isEmpty ? nil : level }
    }

    private static func collect(_ node: Node, _ leaves: inout [Node]) {
        if node.children.isEmpty { leaves.append(node) }
        for child in node.children { collect(child, &leaves) }
    }

    private static func size(_ node: Node) -> Int { node.children.reduce(1) { $0 + size($1) } }

    private static func common(_ page: [Int32], _ tokens: [Int32], from: Int, limit: Int) -> Int {
        let most = min(page.count, limit - from)
        var count = 0
        while count < most, page[count] == tokens[from + count] { count += 1 }
        return count
    }
}
