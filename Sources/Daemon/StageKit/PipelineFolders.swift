import Foundation
import Ledger
import Nouns
import Places
import Platform

/// The folders that have a pipeline's name, and how they follow when it is renamed. Cut short, that is gone on with at
/// the next start, before any stage is at work.
package struct PipelineFolders: Sendable {
    let layout: Layout
    let ledger: Ledger

    package init(_ layout: Layout, _ ledger: Ledger) {
        self.layout = layout
        self.ledger = ledger
    }

    /// Beginnings of paths that are stored in the ledger, each with what it becomes.
    package static func stored(
        _ layout: Layout, _ former: PipelineName, _ name: PipelineName
    ) -> [(from: String, to: String)] {
        [(layout.datasets(former), layout.datasets(name)), (layout.models(former), layout.models(name))]
    }

    /// Moves the folders of every renamed pipeline to where its name says. Throws a ``FileFailure``, or what the ledger
    /// throws.
    package func follow() throws {
        for (former, name) in try ledger.unmoved() {
            for folder in [
                layout.intake, layout.quarantine, layout.datasets, layout.models, layout.drop, layout.madePipeline,
                layout.feedback,
            ] {
                try move(folder(former), to: folder(name))
            }
            // What is known of a version stands beside it, too.
            for version in try ledger.keptVersions(name) {
                let path = layout.versionRecord(name, version.id)
                guard FileManager.default.fileExists(atPath: path) else { continue }
                try AtomicFile.write(try ContractCoding.pretty(version), to: path)
            }
            try ledger.noteMoved(former)
        }
    }

    private func move(_ from: String, to path: String) throws {
        guard FileManager.default.fileExists(atPath: from) else { return }
        guard FileManager.default.fileExists(atPath: path) else {
            try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
            return try AtomicFile.move(from, to: path)
        }
        // The new one was made meanwhile: what is in the old one joins it.
        for name in try FileManager.default.contentsOfDirectory(atPath: from) {
            try AtomicFile.move(from + "/" + name, to: path + "/" + name)
        }
        try FileManager.default.removeItem(atPath: from)
    }
}
