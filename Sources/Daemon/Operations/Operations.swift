import Datasets
import Delivery
import Experiments
import Foundation
import Intake
import Launching
import Promotion
import Registry
import Scheduling
import Serving
import Soundness
import StageKit
import Supervision

/// What people can ask of the daemon, by noun; the control API's handlers call these and hold no rule themselves.
///
/// An operation looks at the ledger and at what the stages offer to people; it never does a stage's work.
package final class Operations: Sendable {
    package let status: StatusOperations
    package let metrics: MetricsOperations
    package let pipelines: PipelineOperations
    package let runs: RunOperations
    package let drops: DropOperations
    package let data: DatasetCatalogue
    package let versions: VersionCatalogue
    package let exports: ExportOperations
    package let bases: BaseOperations
    package let engines: EngineOperations
    package let experiments: ExperimentOperations
    package let files: FileOperations
    package let parts: PartOperations
    package let tokens: TokenOperations
    /// Whose the things are that requests name.
    package let ownership: Ownership
    package let repetitions: Repetitions
    package let feedback: FeedbackOperations
    package let stored: StoredChatOperations
    package let audit: AuditOperations
    package let backups: BackupOperations
    package let packs: PackOperations

    /// - Parameters:
    ///   - roster: what engines say of themselves (nil: nobody can be asked).
    ///   - startedAt: when the daemon started.
    package init(
        _ context: StageContext, intake: IntakeService, scheduling: SchedulingService, supervision: SupervisionService,
        promotion: PromotionService,
        registry: BaseRegistry, launcher: any WorkerRunner, roster: EngineRoster? = nil, serving: any ServingPath,
        experiments: ExperimentService, datasets: DatasetCatalogue, soundness: SoundnessService, orders: ExportOrders,
        startedAt: Date
    ) {
        let desk = ServiceDesk(context)
        repetitions = Repetitions(context)
        let store = FileStore(context)
        files = FileOperations(context: context, store: store)
        parts = PartOperations(context: context, store: store)
        tokens = TokenOperations(context)
        audit = AuditOperations(context)
        backups = BackupOperations(context)
        packs = PackOperations(context, scheduling: scheduling, promotion: promotion)
        ownership = Ownership(context)
        drops = DropOperations(
            context: context, datasets: datasets, supervision: supervision, uploads: Uploads(context), intake: intake,
            files: store)
        feedback = FeedbackOperations(context, drops: drops)
        pipelines = PipelineOperations(
            context: context, scheduling: scheduling, promotion: promotion, serving: serving, roster: roster,
            retirement: Retirement(
                context: context, supervision: supervision, experiments: experiments, promotion: promotion,
                answers: feedback.store))
        status = StatusOperations(
            context: context, pipelines: pipelines, supervision: supervision, soundness: soundness,
            startedAt: startedAt)
        runs = RunOperations(context: context, supervision: supervision, promotion: promotion, feedback: feedback)
        stored = StoredChatOperations(feedback: feedback)
        versions = VersionCatalogue(
            context, answering: { serving.versionsInUse.union(orders.versions) },
            rated: { [feedback] in feedback.shares($0) })
        exports = ExportOperations(context: context, orders: orders, versions: versions)
        metrics = MetricsOperations(context, status: status, serving: serving, feedback: feedback)
        data = datasets
        bases = BaseOperations(
            context: context, registry: registry, recommender: BaseRecommender(context, launcher: launcher),
            desk: desk)
        engines = EngineOperations(context: context, supervision: supervision, roster: roster, desk: desk)
        self.experiments = ExperimentOperations(context: context, service: experiments)
    }
}
