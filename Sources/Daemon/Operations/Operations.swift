import Datasets
import Delivery
import Experiments
import Foundation
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
package struct Operations: Sendable {
    package let status: StatusOperations
    package let pipelines: PipelineOperations
    package let runs: RunOperations
    package let drops: DropOperations
    package let data: DatasetCatalogue
    package let versions: VersionCatalogue
    package let exports: ExportOperations
    package let bases: BaseOperations
    package let experiments: ExperimentOperations
    package let files: FileOperations
    package let parts: PartOperations
    package let tokens: TokenOperations
    /// Whose the things are that requests name.
    package let ownership: Ownership
    package let repetitions: Repetitions

    /// - Parameter startedAt: when the daemon started.
    package init(
        _ context: StageContext, scheduling: SchedulingService, supervision: SupervisionService,
        promotion: PromotionService,
        registry: BaseRegistry, launcher: any WorkerRunner, serving: any ServingPath, experiments: ExperimentService,
        datasets: DatasetCatalogue, soundness: SoundnessService, orders: ExportOrders, startedAt: Date
    ) {
        let desk = ServiceDesk(context)
        repetitions = Repetitions(context)
        let store = FileStore(context)
        files = FileOperations(context: context, store: store)
        parts = PartOperations(context: context, store: store)
        tokens = TokenOperations(context)
        ownership = Ownership(context.ledger)
        pipelines = PipelineOperations(
            context: context, scheduling: scheduling, promotion: promotion, serving: serving,
            retirement: Retirement(
                context: context, supervision: supervision, experiments: experiments, promotion: promotion))
        status = StatusOperations(
            context: context, pipelines: pipelines, soundness: soundness, startedAt: startedAt)
        runs = RunOperations(context: context, supervision: supervision, promotion: promotion)
        drops = DropOperations(context: context, datasets: datasets, supervision: supervision)
        data = datasets
        versions = VersionCatalogue(context) { serving.versionsInUse.union(orders.versions) }
        exports = ExportOperations(context: context, orders: orders, versions: versions)
        bases = BaseOperations(
            context: context, registry: registry, recommender: BaseRecommender(context, launcher: launcher),
            desk: desk)
        self.experiments = ExperimentOperations(context: context, service: experiments)
    }
}
