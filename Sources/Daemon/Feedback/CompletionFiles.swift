import Foundation
import Nouns
import Places
import Platform

/// The files of completions that are kept: one each, in a folder of its pipeline.
struct CompletionFiles: Sendable {
    let layout: Layout

    /// Writes a completion durably. Throws a ``FileFailure``.
    func write(_ stored: StoredCompletion) throws -> Int {
        let data = try ContractCoding.encode(stored)
        try AtomicFile.makeFolder(layout.feedback(stored.pipeline))
        try AtomicFile.write(data, to: path(stored.pipeline, stored.id), mode: 0o600)
        return data.count
    }

    /// A completion; whose folder it lies in, of that pipeline it is. Throws a DecodingError for what is no completion.
    func read(_ pipeline: PipelineName, _ id: String) throws -> StoredCompletion {
        let data = try Data(contentsOf: URL(filePath: path(pipeline, id)))
        var stored = try ContractCoding.decode(StoredCompletion.self, from: data)
        stored.pipeline = pipeline
        return stored
    }

    /// Removes a completion durably; one that is gone already stays gone. Throws a ``FileFailure``.
    func remove(_ pipeline: PipelineName, _ id: String) throws {
        let path = path(pipeline, id)
        guard unlink(path) == 0 || errno == ENOENT else { throw FileFailure("remove it", path, errno: errno) }
        try AtomicFile.sync(folder: layout.feedback(pipeline))
    }

    /// The pipelines that have any, and the identifiers of each.
    func all() -> [(pipeline: PipelineName, ids: [String])] {
        entries(layout.allFeedback).map { name in
            let files = entries(layout.feedback(PipelineName(name)))
            return (
                PipelineName(name),
                files.filter { $0.hasSuffix(Self.ending) && !$0.hasPrefix(".") }.map {
                    String($0.dropLast(Self.ending.count))
                }
            )
        }
    }

    /// Notes that completions are gone, when and why; nothing else of them.
    func bury(_ pipeline: PipelineName, _ ids: [String], _ why: Grave.Reason, at now: Date = Date()) throws {
        guard !ids.isEmpty else { return }
        var graves = try graves(pipeline)
        for id in ids { graves[id] = Grave(why: why, at: now) }
        try write(graves, pipeline)
    }

    /// The completions that are gone, by identifier.
    func graves(_ pipeline: PipelineName) throws -> [String: Grave] {
        guard let data = FileManager.default.contents(atPath: layout.feedbackGraves(pipeline)) else { return [:] }
        return try ContractCoding.decode([String: Grave].self, from: data)
    }

    /// Forgets what went before `time`.
    func clearGraves(_ pipeline: PipelineName, before time: Date) throws {
        let graves = try graves(pipeline)
        let kept = graves.filter { $0.value.at >= time }
        if kept.count < graves.count { try write(kept, pipeline) }
    }

    private func write(_ graves: [String: Grave], _ pipeline: PipelineName) throws {
        try AtomicFile.write(try ContractCoding.encode(graves), to: layout.feedbackGraves(pipeline), mode: 0o600)
    }

    private static let ending = ".json"

    private func path(_ pipeline: PipelineName, _ id: String) -> String { layout.storedCompletion(pipeline, id) }

    private func entries(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
}
