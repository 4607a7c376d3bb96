import CPlatform
import Dispatch
import Foundation
import Synchronization

/// Runs tasks on threads of its own. Work that blocks or computes then never holds one of the few threads that answer
/// requests.
///
/// A task that is started with `Task(executorPreference:)`, or a scope of `withTaskExecutorPreference`, runs here with
/// everything that is nonisolated and structured below it. The threads end with the executor.
package final class ThreadExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isOver = false
    }
    /// What threads share; it outlives the executor until they have left.
    private final class Queue: Sendable {
        let state = Mutex(State())
        let waiting = DispatchSemaphore(value: 0)
    }
    private let queue = Queue()
    private let threads: Int

    /// - Parameters:
    ///   - name: what the threads are called in `top -H` and in a debugger; at most 15 bytes are shown.
    ///   - threads: how many jobs run at once.
    ///   - niceness: 0 for what people wait for; more for work that gives way to it (Linux keeps it by thread).
    package init(name: String, threads: Int = 1, niceness: Int32 = 0) {
        self.threads = threads
        let queue = self.queue
        let executor = Unmanaged.passUnretained(self).toOpaque()
        let address = UInt(bitPattern: executor)
        for _ in 0..<threads {
            Thread.detachNewThread {
                ft_prepare_thread(name, niceness)
                while true {
                    queue.waiting.wait()
                    let job: UnownedJob? = queue.state.withLock { state in
                        state.jobs.isEmpty ? nil : state.jobs.removeFirst()
                    }
                    // Woken without a job: the executor is gone.
                    guard let job, let pointer = UnsafeRawPointer(bitPattern: address) else { return }
                    let executor = Unmanaged<ThreadExecutor>.fromOpaque(pointer).takeUnretainedValue()
                    job.runSynchronously(on: executor.asUnownedTaskExecutor())
                }
            }
        }
    }

    deinit { for _ in 0..<threads { queue.waiting.signal() } }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.state.withLock { $0.jobs.append(job) }
        queue.waiting.signal()
    }
}
