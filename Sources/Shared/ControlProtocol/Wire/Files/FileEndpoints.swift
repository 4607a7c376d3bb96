/// Files that people keep here.
package enum FileEndpoints {
    package static let create = Endpoint<NoSubject, NoQuery, FileBody, FileObject>(
        form: "files.create", "/v1/files", "Keeps a file: a form with the field purpose and the part file.",
        access: .use)
    package static let list = Endpoint<NoSubject, FileQuery, NoBody, WirePage<FileObject>>(
        "files.list", .get, "/v1/files", "Lists one's files, the newest first.", dialect: .openAI, access: .own)
    package static let show = Endpoint<FileID, NoQuery, NoBody, FileObject>(
        "files.show", .get, "/v1/files/{file}", "Shows one file.", dialect: .openAI, access: .own)
    package static let content = Endpoint<FileID, NoQuery, NoBody, FileContent>(
        "files.content", .get, "/v1/files/{file}/content", "Gives the bytes of a file as they were sent.",
        weight: .heavy, dialect: .openAI, access: .own)
    package static let remove = Endpoint<FileID, NoQuery, NoBody, DeletedObject>(
        "files.remove", .delete, "/v1/files/{file}", "Deletes a file.", dialect: .openAI, access: .own)

    package static let beginUpload = Endpoint<NoSubject, NoQuery, NewUpload, UploadObject>(
        wire: "parts.begin", .post, "/v1/uploads", "Begins a file that comes in parts; it may take an hour.",
        access: .use)
    package static let addPart = Endpoint<UploadID, NoQuery, FileBody, PartObject>(
        form: "parts.add", "/v1/uploads/{upload}/parts",
        "Takes one part of at most 64 MiB: a form with the part data.", access: .own)
    package static let completeUpload = Endpoint<UploadID, NoQuery, UploadParts, UploadObject>(
        wire: "parts.complete", .post, "/v1/uploads/{upload}/complete",
        "Makes a file of the parts that are named, in their order.", weight: .heavy, access: .own)
    package static let cancelUpload = Endpoint<UploadID, NoQuery, NoBody, UploadObject>(
        "parts.cancel", .post, "/v1/uploads/{upload}/cancel", "Gives an upload up, with its parts.", dialect: .openAI,
        access: .own)

    static let all = [
        create.description, list.description, show.description, content.description, remove.description,
        beginUpload.description, addPart.description, completeUpload.description, cancelUpload.description,
    ]
}
