import Foundation
import Nouns
import Places

/// Which folders people can drop files into. A pipeline drains its folder, so it must have no part in what is the
/// daemon's own, nor in another pipeline's.
struct DropFolders {
    let layout: Layout

    /// The folder of a pipeline.
    func folder(_ pipeline: PipelineSettings) -> String {
        URL(filePath: pipeline.dropFolder ?? layout.drop(pipeline.name)).standardizedFileURL.path
    }

    /// What is wrong with the folder that a pipeline's settings name; nil where nothing is.
    ///
    /// Names alone are compared here: what a link leads to is seen when the folder is opened.
    func fault(_ pipeline: PipelineSettings) -> Failure? {
        let folder = folder(pipeline)
        guard pipeline.dropFolder != nil, folder != layout.drop(pipeline.name) else { return nil }
        let own = [("state", layout.state), ("settings", layout.settings), ("run folder", layout.runtime)]
        for (what, place) in own where Self.overlap(folder, place) {
            return Failure(
                code: "settings.drop_folder",
                "The drop folder \(folder) \(Self.relation(folder, place)) the daemon's own \(what), \(place).",
                at: pipeline.file, remedy: "Name a folder apart from it, or leave 'drop' out.")
        }
        return nil
    }

    /// What is wrong with two pipelines' folders; nil where nothing is.
    func fault(_ pipeline: PipelineSettings, beside other: PipelineSettings) -> Failure? {
        let (folder, theirs) = (folder(pipeline), folder(other))
        guard Self.overlap(folder, theirs) else { return nil }
        let message =
            folder == theirs
            ? "The pipelines '\(other.name)' and '\(pipeline.name)' have the same drop folder, \(folder)."
            : """
            The drop folder of the pipeline '\(pipeline.name)', \(folder), \(Self.relation(folder, theirs)) that of \
            '\(other.name)', \(theirs).
            """
        return Failure(
            code: "settings.shared_folder", message, at: pipeline.file,
            remedy: "Give one of them another 'drop'.")
    }

    private static func relation(_ folder: String, _ place: String) -> String {
        lies(folder, in: place) ? "lies in" : "holds"
    }

    private static func overlap(_ one: String, _ other: String) -> Bool { lies(one, in: other) || lies(other, in: one) }

    private static func lies(_ path: String, in folder: String) -> Bool {
        path == folder || folder == "/" || path.hasPrefix(folder + "/")
    }
}
