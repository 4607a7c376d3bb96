import Foundation

/// What Ctrl-C does while a line of the terminal is written again and again.
enum Interruption {
    /// Ends the line, so that the shell's prompt stands on a line of its own; then the signal ends the program as it
    /// ends others.
    static func endsTheLine() {
        guard Terminal.isInteractive else { return }
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                var lineFeed: UInt8 = 10
                _ = Foundation.write(1, &lineFeed, 1)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }
}
