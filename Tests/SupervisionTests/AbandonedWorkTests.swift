import Launching
import Nouns
import Synchronization
import TestSupport
import Testing
import WorkerProtocol

@testable import Supervision

/// Work that outlived a former daemon and that nobody wants any more is ended, whoever was to end it.
extension OutlivingWorkTests {
    @Test func workOfARunThatIsOverIsAbandoned() async throws {
        let context = try context()
        let run = try queue(context)
        let folder = context.layout.run(run.id)
        let launcher = FarLauncher([folder + "/range-test", context.layout.runs + "/r-999999", "/elsewhere"])
        let service = SupervisionService(context, launcher: launcher)
        await service.abandonForeign()
        #expect(launcher.abandoned.withLock { $0 }.isEmpty, "it is wanted, and of others nothing is known")
        // The daemon was killed once the ledger knew that the run is cancelled, and before anybody else did.
        _ = try context.apply(run.id, .cancelled(by: "ada"))
        await service.abandonForeign()
        #expect(launcher.abandoned.withLock { $0 } == [folder])
    }

    @Test func aCancelledRunIsAbandonedAlsoWhereNobodyKnowsItsHandle() async throws {
        let context = try context()
        let run = try queue(context)
        let launcher = FarLauncher([])
        _ = try SupervisionService(context, launcher: launcher).cancel(run.id, by: "ada")
        #expect(
            try await TestSupport.eventually {
                launcher.abandoned.withLock { $0 } == [context.layout.run(run.id)]
            })
    }
}

/// A launcher that remembers what was abandoned.
private final class FarLauncher: WorkerLauncher {
    let abandoned = Mutex<[String]>([])
    private let present: [String]
    init(_ present: [String]) { self.present = present }

    var folders: [String] { get async { present } }
    func abandon(_ folder: String) async { abandoned.withLock { $0.append(folder) } }
    func submit(_ request: WorkerRequest) async throws -> WorkHandle {
        throw WorkerEnd.waits(Failure(code: "far", "It takes nothing."))
    }
    func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? { nil }
    func stop(_ handle: WorkHandle) async {}
    func cancel(_ handle: WorkHandle) async {}
    func leave(_ handle: WorkHandle) async {}
}
