import Foundation
import Synchronization

/// What a program of the person's own wrote, up to bounds.
final class ProgramOutput: Sendable {
    private struct Kept {
        var printed = Data()
        var complained = Data()
    }

    private let keeping: Int
    private let kept = Mutex(Kept())

    /// - Parameter keeping: bytes of standard output that are kept, from the first on.
    init(keeping: Int) { self.keeping = keeping }

    /// Bytes of standard error that are kept: the last ones, since they say why a program left.
    private static let complaints = 64 << 10
    /// Bytes of standard output that stand in the log.
    private static let inLog = 4000

    /// What it wrote to standard output, as far as it was kept.
    var printed: Data { kept.withLock { $0.printed } }

    /// Standard error, then the beginning of standard output.
    var log: Data { kept.withLock { $0.complained.suffix(Self.complaints) + $0.printed.prefix(Self.inLog) } }

    func print(_ bytes: UnsafeRawBufferPointer) {
        kept.withLock { kept in
            let room = keeping - kept.printed.count
            if room > 0 { kept.printed.append(contentsOf: bytes.prefix(room)) }
        }
    }

    func complain(_ bytes: UnsafeRawBufferPointer) {
        kept.withLock { kept in
            kept.complained.append(contentsOf: bytes)
            if kept.complained.count > 2 * Self.complaints {
                kept.complained = Data(kept.complained.suffix(Self.complaints))
            }
        }
    }
}
