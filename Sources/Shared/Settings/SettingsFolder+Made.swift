import Nouns
import Places
import Platform

extension SettingsFolder {
    /// Reads the pipelines that jobs made; a file of the same name in the settings goes before, sound or not.
    mutating func readMade(_ layout: Layout, except taken: Set<String>) {
        // There is no such folder before a job has made a pipeline.
        let names = (try? FolderListing.names(layout.madePipelines)) ?? []
        for name in names.filter(Self.isPipelineFile).sorted() where !taken.contains(name) {
            let path = layout.madePipelines + "/" + name
            do {
                let (settings, found) = try Self.pipeline(path)
                problems += found
                if found.isEmpty { pipelines.append(settings) } else { faulty.insert(path) }
            } catch {
                problems.append(Self.failure(error, path))
                faulty.insert(path)
            }
        }
        pipelines.sort { $0.name < $1.name }
    }
}
