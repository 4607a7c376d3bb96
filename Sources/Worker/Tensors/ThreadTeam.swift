import CKernels
import COpenBLAS

/// The worker's one team of compute threads; the calling thread is a member.
///
/// Results never depend on which thread ran a task, so they do not depend on timing.
package final class ThreadTeam: @unchecked Sendable {
    /// How many threads there are, the caller included.
    package let threads: Int
    private let team: OpaquePointer?

    /// Starts the team; `threads` below 1 counts as 1. OpenBLAS is told to stay on the calling thread.
    package init(threads: Int) {
        self.threads = max(1, threads)
        openblas_set_num_threads(1)
        team = ck_team_create(Int32(self.threads))
    }

    deinit { ck_team_destroy(team) }

    /// Runs `body(task, thread)` for every task in `0 ..< tasks` and returns when all are done. Not re-entrant.
    package func run(_ tasks: Int, _ body: (_ task: Int, _ thread: Int) -> Void) {
        guard let team, tasks > 1, threads > 1 else {
            for task in 0..<max(0, tasks) { body(task, 0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            var call = body
            withUnsafeMutablePointer(to: &call) { pointer in
                ck_team_run(
                    team, Int64(tasks),
                    { context, task, thread in
                        context?.assumingMemoryBound(to: ((Int, Int) -> Void).self).pointee(Int(task), Int(thread))
                    }, pointer)
            }
        }
    }

    /// Splits `count` rows into blocks of whole `grain`s, some four a thread, and runs `body(rows, thread)` on each.
    package func rows(_ count: Int, grain: Int = 1, _ body: (_ rows: Range<Int>, _ thread: Int) -> Void) {
        guard count > 0 else { return }
        let wanted = (count + threads * 4 - 1) / (threads * 4)
        let size = max(grain, (wanted + grain - 1) / grain * grain)
        run((count + size - 1) / size) { task, thread in body(task * size..<min(count, (task + 1) * size), thread) }
    }
}
