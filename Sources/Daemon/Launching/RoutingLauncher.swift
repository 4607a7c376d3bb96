import Nouns
import Settings
import WorkerProtocol

/// Sends work to the launcher that its engine's file names; all other work to the daemon's own.
package struct RoutingLauncher: WorkerLauncher {
    let own: any WorkerLauncher
    let cluster: ClusterLauncher
    let settings: @Sendable () -> SettingsFolder

    /// - Parameters:
    ///   - own: for all work that no engine's file sends elsewhere.
    ///   - cluster: for engines that a scheduler runs.
    ///   - settings: the settings in force now.
    package init(
        own: any WorkerLauncher, cluster: ClusterLauncher, settings: @escaping @Sendable () -> SettingsFolder
    ) {
        self.own = own
        self.cluster = cluster
        self.settings = settings
    }

    package var grace: Duration { own.grace }

    package func submit(_ request: WorkerRequest) async throws -> WorkHandle {
        let profile = request.compute.flatMap { settings().engine(EngineName($0.engine)) }
        return try await profile?.isScheduled == true ? cluster.submit(request) : own.submit(request)
    }

    package func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? {
        try await launcher(of: handle).attach(handle)
    }

    package func stop(_ handle: WorkHandle) async { await launcher(of: handle).stop(handle) }
    package func cancel(_ handle: WorkHandle) async { await launcher(of: handle).cancel(handle) }
    package func leave(_ handle: WorkHandle) async { await launcher(of: handle).leave(handle) }

    package func abandon(_ folder: String) async {
        await own.abandon(folder)
        await cluster.abandon(folder)
    }

    package var folders: [String] { get async { await own.folders + cluster.folders } }

    private func launcher(of handle: WorkHandle) -> any WorkerLauncher {
        handle.launcher == JobRecord.launcher ? cluster : own
    }
}
