import ArgumentParser
import Foundation

/// When output is coloured.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
    /// On a terminal, unless the environment has NO_COLOR (https://no-color.org).
    case auto
    case always
    case never

    var isColoured: Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto:
            Terminal.isInteractive && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
                && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        }
    }
}
