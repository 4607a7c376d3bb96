import ControlProtocol
import Foundation
import Nouns
import Reports

/// What the control API can ask for. The composition root joins the stages to it, so that handlers hold no rule and
/// import no stage.
package struct Operations: Sendable {
    package var status: @Sendable () throws -> StatusAnswer
    package var pipelines: @Sendable () throws -> [PipelineSummary]
    package var requestRun: @Sendable (PipelineName, RunRequest, _ who: String) throws -> Run
    package var generate: @Sendable (PipelineName, GenerateRequest) async throws -> GenerateAnswer
    package var rollback: @Sendable (PipelineName, RollbackRequest, _ who: String) throws -> PromotionRecord
    package var history: @Sendable (PipelineName) throws -> [PromotionRecord]
    package var verify: @Sendable (PipelineName) throws -> VerifyAnswer
    package var runs: @Sendable (PipelineName?, RunState?, _ limit: Int) throws -> [Run]
    package var run: @Sendable (RunID) throws -> Run
    package var notices: @Sendable (RunID, _ from: Int, _ follow: Bool) throws -> AsyncStream<RunNotice>
    package var examples: @Sendable (RunID, _ order: String, _ limit: Int) throws -> [ExampleComparison]
    package var report: @Sendable (RunID) throws -> ReportData
    package var promote: @Sendable (RunID, PromoteRequest, _ who: String) throws -> PromotionRecord
    package var cancel: @Sendable (RunID, _ who: String) throws -> Run
    package var drops: @Sendable (PipelineName?, _ limit: Int) throws -> [Drop]
    package var dropReport: @Sendable (DropID) throws -> IntakeReport
    package var bases: @Sendable () throws -> [BaseCard]
    package var base: @Sendable (BaseID) throws -> BaseCard
    package var removeBase: @Sendable (BaseID) throws -> Void
    package var openUpload: @Sendable () throws -> UploadAnswer
    package var uploadPath: @Sendable (_ upload: String, _ file: String) throws -> String
    package var addBase: @Sendable (AddBaseRequest) async throws -> BaseCard
    /// What is asked about versions; without it those routes are unknown.
    package var versions: VersionOperations?
    /// What is asked about data; without it those routes are unknown.
    package var data: DataOperations?
    /// Reads a pipeline's file without putting it into force; without it that route is unknown.
    package var checkPipeline: (@Sendable (PipelineName) throws -> PipelineCheckAnswer)?
    /// What is asked about experiments; without it those routes are unknown.
    package var experiments: ExperimentOperations?

    package init(
        status: @escaping @Sendable () throws -> StatusAnswer,
        pipelines: @escaping @Sendable () throws -> [PipelineSummary],
        requestRun: @escaping @Sendable (PipelineName, RunRequest, String) throws -> Run,
        generate: @escaping @Sendable (PipelineName, GenerateRequest) async throws -> GenerateAnswer,
        rollback: @escaping @Sendable (PipelineName, RollbackRequest, String) throws -> PromotionRecord,
        history: @escaping @Sendable (PipelineName) throws -> [PromotionRecord],
        verify: @escaping @Sendable (PipelineName) throws -> VerifyAnswer,
        runs: @escaping @Sendable (PipelineName?, RunState?, Int) throws -> [Run],
        run: @escaping @Sendable (RunID) throws -> Run,
        notices: @escaping @Sendable (RunID, Int, Bool) throws -> AsyncStream<RunNotice>,
        examples: @escaping @Sendable (RunID, String, Int) throws -> [ExampleComparison],
        report: @escaping @Sendable (RunID) throws -> ReportData,
        promote: @escaping @Sendable (RunID, PromoteRequest, String) throws -> PromotionRecord,
        cancel: @escaping @Sendable (RunID, String) throws -> Run,
        drops: @escaping @Sendable (PipelineName?, Int) throws -> [Drop],
        dropReport: @escaping @Sendable (DropID) throws -> IntakeReport,
        bases: @escaping @Sendable () throws -> [BaseCard],
        base: @escaping @Sendable (BaseID) throws -> BaseCard, removeBase: @escaping @Sendable (BaseID) throws -> Void,
        openUpload: @escaping @Sendable () throws -> UploadAnswer,
        uploadPath: @escaping @Sendable (String, String) throws -> String,
        addBase: @escaping @Sendable (AddBaseRequest) async throws -> BaseCard
    ) {
        self.status = status
        self.pipelines = pipelines
        self.requestRun = requestRun
        self.generate = generate
        self.rollback = rollback
        self.history = history
        self.verify = verify
        self.runs = runs
        self.run = run
        self.notices = notices
        self.examples = examples
        self.report = report
        self.promote = promote
        self.cancel = cancel
        self.drops = drops
        self.dropReport = dropReport
        self.bases = bases
        self.base = base
        self.removeBase = removeBase
        self.openUpload = openUpload
        self.uploadPath = uploadPath
        self.addBase = addBase
    }
}
