// What shares memory between threads in Platform, all at once, for tools/sanitize.sh short: a minute instead of an hour. With the argument
// `race` two threads add to one number without a lock, which the thread sanitizer must report.
import Dispatch
import Foundation
import Platform
import Synchronization

/// A number that nothing protects.
final class Bare: @unchecked Sendable {
    var number = 0
}

/// A number that a mutex protects.
final class Count: Sendable {
    let number = Mutex(0)
}

/// Runs something on so many threads, each of which is another one; returns when all have ended.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let ended = DispatchSemaphore(value: 0)
    for index in 0..<count {
        Thread.detachNewThread {
            body(index)
            ended.signal()
        }
    }
    for _ in 0..<count { ended.wait() }
}

func race() {
    let bare = Bare()
    onThreads(2) { _ in for _ in 0..<1000 { bare.number += 1 } }
    print("raced to \(bare.number)")
}

/// A mutex that eight threads want all the time and keep for a while, so that most owners get it from the kernel.
func contend() -> Int {
    let count = Count()
    onThreads(8) { index in
        for _ in 0..<200 {
            count.number.withLock {
                $0 += index
                usleep(20)
            }
        }
    }
    return count.number.withLock { $0 }
}

/// Computations in each other, on helpers that take part where they are idle.
func compute() async -> Int {
    await withTaskGroup(of: Int.self) { group in
        for _ in 0..<8 {
            group.addTask {
                Parallel.slices(0..<64, least: 4) { outer in
                    outer.reduce(0) { sum, _ in
                        sum + Parallel.slices(0..<64, least: 4) { $0.count }.reduce(0, +)
                    }
                }.reduce(0, +)
            }
        }
        return await group.reduce(0, +)
    }
}

/// Bells that are rung while somebody waits, before, and never.
func ring() async -> Int {
    let bell = Bell()
    let heard = Count()
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
            group.addTask {
                for _ in 0..<50 {
                    await bell.wait(atMost: .milliseconds(1))
                    heard.number.withLock { $0 += 1 }
                }
            }
            group.addTask { for _ in 0..<50 { bell.ring() } }
        }
    }
    return heard.number.withLock { $0 }
}

if CommandLine.arguments.contains("race") {
    race()
} else {
    precondition(contend() == 28 * 200)
    let (computed, heard) = (await compute(), await ring())
    precondition(computed == 8 * 64 * 64 && heard == 400)
    print("computed \(computed), heard \(heard)")
}
