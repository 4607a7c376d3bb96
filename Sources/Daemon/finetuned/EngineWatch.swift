import Foundation
import Launching
import Nouns
import Platform
import ServiceLifecycle
import StageKit

/// Asks the engines at the start, and again when a program or the settings have changed, whether they can do what they
/// are there for; what is wrong stands among the problems until it is mended.
struct EngineWatch: Service {
    let context: StageContext
    let roster: EngineRoster

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await check()
                // An engine that has answered is only looked at.
                await Bell().wait(atMost: .seconds(30), leeway: .seconds(5))
            }
        }
    }

    private func check() async {
        let faults = await roster.faults()
        guard !Task.isCancelled else { return }
        for (engine, failure) in faults where context.problems.set("engine:\(engine)", failure) {
            context.logger.error("\(failure)", metadata: ["event": "stage.failed", "stage": "launching"])
        }
        context.problems.clear(prefix: "engine:", except: Set(faults.keys.map { "engine:\($0)" }))
    }
}
