import Foundation
import Testing

/// These suites mount, boot and kill, so they need root; without it they are skipped, and say so where nobody misses
/// it.
enum RootOnly {
    static let isRoot: Bool = {
        if geteuid() == 0 { return true }
        FileHandle.standardError.write(
            Data(
                """

                ************************************************************************
                SystemdTests are SKIPPED: they need root. Run them with: sudo make test
                ************************************************************************

                """.utf8))
        return false
    }()
}

/// Parent of every suite here: one after another, as each has the machine to itself.
@Suite(.serialized, .enabled(if: RootOnly.isRoot, "needs root: sudo make test"))
enum SystemdTests {}
