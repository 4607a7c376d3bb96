import ControlClient
import ControlProtocol
import Foundation
import Nouns

/// Drops files through the daemon, with what is said of them beside their bytes.
struct UploadedDrop {
    let client: ControlClient
    let pipeline: PipelineName

    /// What a file is called in its upload.
    private static let name = "rows"

    /// Sends a file and has it dropped; returns the drop as it was received.
    func add(_ file: String, named name: String, _ origin: DropOrigin) async throws -> Drop {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
            throw Failure(
                code: "drop.folder", "Columns are told of files, and this is a folder.", at: file,
                remedy: "Name the files in it: \(file)/*")
        }
        let upload = try await client.send(.uploads.open(UploadQuery(purpose: .data)))
        try await client.upload(.uploads.put(UploadPlace(upload.id, file: Self.name)), file: file)
        return try await client.send(
            .drops.add(pipeline, DropRequest(upload: upload.id, file: Self.name, name: name, origin: origin)))
    }
}
