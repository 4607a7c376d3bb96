import Foundation
import Ledger
import Nouns
import StageKit

/// Pipelines whose settings file is gone, by deletion or by another name, while their data, model or waiting jobs are
/// still there.
struct OrphanedPipelines {
    let context: StageContext

    init(_ context: StageContext) { self.context = context }

    /// What is to be said of each. One that was retired is none, nor one that goes by another name.
    func problems() throws -> [(name: PipelineName, failure: Failure)] {
        let configured = Set(context.settings.pipelines.map(\.name))
        return try context.ledger.pipelines().filter { !configured.contains($0) }.compactMap { name in
            let file = context.layout.pipelineFile(name)
            // A faulty file has problems of its own.
            guard !FileManager.default.fileExists(atPath: file),
                !FileManager.default.fileExists(atPath: file + ".retired"),
                try (context.ledger.presentName(of: name) ?? name) == name
            else { return nil }
            let served = try context.ledger.served(name)?.version
            let drops = try context.ledger.dropCount(in: .stored, pipeline: name)
            let jobs = try context.ledger.waitingJobs(name).map { "the waiting job \($0.id)" }
            guard served != nil || drops > 0 || !jobs.isEmpty else { return nil }
            let what =
                ([drops > 0 ? "\(drops) stored \(drops == 1 ? "drop" : "drops")" : nil].compactMap(\.self) + jobs
                + (served.map { ["the model \($0), which goes on answering"] } ?? [])).joined(separator: " and ")
            return (
                name,
                Failure(
                    code: "pipeline.orphaned",
                    "The pipeline '\(name)' has no settings file any more, and still has \(what).",
                    at: file,
                    remedy: """
                        Put the file back; or give what is there another name, `ftctl pipeline rename \(name) NEW`; \
                        or end it, `ftctl pipeline retire \(name) --reason WHY`.
                        """)
            )
        }
    }
}
