/// A run after something happened to it, and what is to be done about that.
package struct RunChange: Hashable, Sendable {
    package var run: Run
    package var effects: [RunEffect]
    package init(run: Run, effects: [RunEffect]) {
        self.run = run
        self.effects = effects
    }
}
