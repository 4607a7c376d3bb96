/// How a version did on rows that came while it was served, before anything learnt them: no run was chosen by them, so
/// that the figure flatters nobody.
package struct NewRowsFigure: Codable, Hashable, Sendable {
    package var drops: Int
    package var asked: Int
    package var right: Int
    /// Wilson's 95 % interval of the share, where somebody has worked it out.
    package var lower: Double?
    package var upper: Double?
    package init(drops: Int, asked: Int, right: Int) {
        self.drops = drops
        self.asked = asked
        self.right = right
    }

    /// The figure of answered drops; nil where nothing in them could be right.
    package init?(_ answers: some Sequence<DropAnswers>) {
        let told = answers.filter { $0.share != nil }
        guard !told.isEmpty else { return nil }
        drops = told.count
        asked = told.reduce(0) { $0 + $1.asked }
        right = told.reduce(0) { $0 + $1.right }
    }

    /// The share of right answers.
    package var share: Double { Double(right) / Double(max(1, asked)) }
}
