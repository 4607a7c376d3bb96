/// How much is done, as a bar of characters.
enum Bar {
    static func text(_ done: Double, width: Int = 24) -> String {
        let share = done.isFinite ? min(1, max(0, done)) : 0
        let full = Int((share * Double(width)).rounded())
        return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
    }
}
