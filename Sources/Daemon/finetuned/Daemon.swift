import ControlAPI
import ControlGroups
import Datasets
import Delivery
import Experiments
import Feedback
import Foundation
import Gating
import Intake
import Launching
import Ledger
import Logging
import Monitoring
import Nouns
import Operations
import Places
import Platform
import Prequential
import Promotion
import Registry
import Reports
import Scheduling
import ServiceLifecycle
import Serving
import Settings
import Soundness
import StageKit
import Supervision
import Systemd
import WireAPI

/// The composition root: every stage in the order in which data flows, then the socket, then the service manager.
struct Daemon {
    let layout: Layout
    let settings: SettingsFolder
    let meters: Meters
    let logger: Logger

    func run() async throws {
        let orders = await StopOrders()
        let manager = ServiceManager()
        let descriptors = ListenDescriptors()
        let adopted = descriptors.unixListener(path: layout.socket)
        let ground = Ground(layout, manager)
        defer { withExtendedLifetime(ground) {} }
        let waiting = Waiting(
            ground: ground, layout: layout, manager: manager, adopted: adopted, orders: orders, logger: logger)
        guard let ledger = try await waiting.ledger() else { return }
        let context = StageContext(
            layout: layout, ledger: ledger, settings: LiveSettings(settings), meters: meters, logger: logger)
        announceUpgrade(of: ledger)
        clearUp(context)

        // A dropped file becomes rows, rows become a run, a run becomes a model, a model is judged, and served when it
        // is better.
        let roster = try makeRoster(context)
        let groups = ControlGroups.take(OwnKernelFiles(), process: getpid())
        let launcher = try makeLauncher(roster, groups, context)
        let intake = IntakeService(context)
        let datasets = DatasetService(context)
        let examiner = DatasetExaminer(context, service: datasets, launcher: launcher)
        let scheduling = makeScheduling(context)
        let supervision = SupervisionService(
            context, launcher: launcher, roster: roster, machine: MachineWatch(groups))
        let gating = GatingService(context)
        let promotion = PromotionService(context)
        let serving = ServingService(context, launcher: launcher)
        let delivery = DeliveryService(
            context, launcher: launcher, models: serving,
            rollBack: { try promotion.rollBackCanary($0, version: $1, reason: $2) })
        let experiments = ExperimentService(context, launcher: launcher, roster: roster) {
            try scheduling.freeze($0, mode: $1, replayShare: $2)
        }
        let registry = BaseRegistry(context, launcher: launcher) { await roster.architectures() }
        let soundness = SoundnessService(context)

        let reloading = Reloading(context: context, manager: manager)
        reloading.announce(settings)
        let operations = Operations(
            context, intake: intake, scheduling: scheduling, supervision: supervision, promotion: promotion,
            registry: registry, launcher: launcher, roster: roster, serving: serving, experiments: experiments,
            datasets: DatasetCatalogue(context, service: datasets), soundness: soundness, orders: delivery.orders,
            startedAt: Date())
        settleAccess(context, operations.feedback.store)
        let feedback = makeFeedback(context, operations.feedback.store, intake, promotion)
        if adopted != nil { logger.info("The control socket came from systemd", metadata: ["event": "socket.adopted"]) }
        let listening = Bell()
        let threads = AnswerThreads()
        let server = ControlServer(
            operations, makeWire(context, serving, supervision, operations),
            socket: ControlSocket(path: layout.socket, adopted: adopted, access: ground.access, logger: logger),
            network: openNetwork(descriptors, context), api: settings.daemon.api, threads: threads,
            onListening: { listening.ring() }, logger: logger)
        let leaving = makeLeaving(manager, launcher)
        defer { leaving.end() }
        let presence = Presence(
            context: context, manager: manager, answers: threads, listening: listening, leaving: leaving)

        let services: [any Service] = [
            intake, datasets, examiner, PrequentialService(context, launcher: launcher), scheduling, supervision,
            experiments, gating, promotion, serving, delivery, feedback, soundness, server,
            RetentionService(context) { serving.versionsInUse.union(delivery.orders.versions) },
            LedgerWatch(context), EngineWatch(context: context, roster: roster), operations.metrics.stores, reloading,
            presence, orders,
        ]
        try await group(of: services).run()
        logger.notice("finetuned has stopped", metadata: ["event": "daemon.stopped"])
    }

    /// Runs wait until what is served has been asked about new rows.
    private func makeScheduling(_ context: StageContext) -> SchedulingService {
        SchedulingService(context, asksFirst: true, objections: PipelineOperations.objections(context))
    }

    /// What OpenAI's clients can ask.
    private func makeWire(
        _ context: StageContext, _ serving: ServingService, _ supervision: SupervisionService, _ operations: Operations
    ) -> WireOperations {
        WireOperations(
            context, serving: serving, supervision: supervision,
            files: JobFiles(find: operations.files.find, keep: operations.files.keep), kept: operations.feedback.store)
    }

    /// The engines that there are, each asked what it is as confined as it works.
    private func makeRoster(_ context: StageContext) throws -> EngineRoster {
        EngineRoster(
            folder: layout.runtime + "/engines", standard: try workerProgram(),
            confinement: { [layout] in Confinement(layout, context.settings.now) },
            settings: { context.settings.now })
    }

    /// The launcher that the settings name, and schedulers for the engines that they run, with workers counted.
    private func makeLauncher(
        _ roster: EngineRoster, _ groups: ControlGroups, _ context: StageContext
    ) throws -> MeteredLauncher {
        let daemon = settings.daemon
        let settings: @Sendable () -> SettingsFolder = { context.settings.now }
        let own = try Launchers.make(
            daemon.launcher, options: daemon.launcherOptions,
            confine: { [layout] request, command in
                try Confinement(layout, context.settings.now, for: request).command(command, isGuarded: false)
            },
            room: WorkerRoom(groups, limits: context.limits) { context.problems.set("launching:groups", $0) },
            program: roster.command)
        let cluster = ClusterLauncher(
            folder: layout.clusterJobs, settings: settings, program: roster.command,
            commands: ClusterLauncher.commands(runtime: layout.runtime + "/cluster"))
        return MeteredLauncher(RoutingLauncher(own: own, cluster: cluster, settings: settings), meters)
    }

    /// What people say of answers becomes drops, and takes versions back.
    private func makeFeedback(
        _ context: StageContext, _ store: CompletionStore, _ intake: IntakeService, _ promotion: PromotionService
    ) -> FeedbackService {
        FeedbackService(
            context, store, receive: { try intake.take($0, as: $1, named: $2, raters: $3, of: $4) },
            rollBack: { try promotion.rollBackCanary($0, version: $1, reason: $2) })
    }

    /// A stage that ends by an error takes the daemon down, and the service manager starts it anew: a dead stage is
    /// never logged and forgotten.
    private func group(of services: [any Service]) -> ServiceGroup {
        ServiceGroup(
            configuration: .init(
                services: services.map {
                    .init(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                }, logger: quiet))
    }

    /// A worker is killed when its time is over; what the daemon does around that takes seconds.
    private func makeLeaving(_ manager: ServiceManager, _ launcher: any WorkerLauncher) -> Leaving {
        Leaving(manager, on: ThreadExecutor(name: "leaving"), longest: launcher.grace + .seconds(10)) {
            leaveAtOnce(after: $0)
        }
    }

    /// Leaves although not every stage has ended: nothing on disk depends on an orderly end.
    private func leaveAtOnce(after limit: Duration) {
        logger.error(
            """
            Not every stage has ended within \(limit.components.seconds) s of the order to stop. The daemon leaves all \
            the same; what was half made is made anew at the next start.
            """, metadata: ["event": "daemon.unhealthy"])
        _exit(EXIT_FAILURE)
    }

    /// Removes what a killed daemon left behind, and uploads that nobody finishes.
    private func clearUp(_ context: StageContext) {
        do {
            try PipelineFolders(layout, context.ledger).follow()
            try Uploads(context).removeExpired()
            let count = try Leftovers(layout, context.ledger).remove()
            guard count > 0 else { return }
            logger.notice(
                """
                Removed \(Quantity.counted(count, "file or folder", "files and folders")) that a killed daemon left \
                behind
                """,
                metadata: ["event": "disk.recovered"])
        } catch {
            // Nothing rests on it, and the next start tries again.
            logger.warning("What a killed daemon left behind stays: \(error)", metadata: ["event": "stage.failed"])
        }
    }

    private var quiet: Logger {
        var logger = Logger(label: "lifecycle")
        logger.logLevel = .warning
        return logger
    }

    /// Says in the journal where the ledger was brought up to date.
    private func announceUpgrade(of ledger: Ledger) {
        guard let upgrade = ledger.upgrade else { return }
        logger.notice(
            """
            The ledger was upgraded from schema \(upgrade.former) to \(upgrade.present); a copy of what it was is \
            \(upgrade.copy)
            """, metadata: ["event": "ledger.upgraded"])
    }

    /// `finetune-worker` beside this program, in ../libexec/finetuned, or where the settings say.
    private func workerProgram() throws -> String {
        if let program = settings.daemon.workerProgram { return program }
        let programs = InstalledPrograms()
        if let worker = programs.worker { return worker }
        throw Failure(
            code: "worker.missing", "The program finetune-worker is not beside finetuned.", at: programs.folder,
            remedy: "Install it there, or set worker.program.")
    }
}
