/// How files come to the daemon.
package enum UploadEndpoints {
    package static let open = Endpoint<NoSubject, NoQuery, NoBody, UploadAnswer>(
        "uploads.open", .post, "/v1/uploads", "Opens an upload, to put files into.")
    package static let put = Endpoint<UploadPlace, NoQuery, FileBody, UploadedAnswer>(
        "uploads.put", .put, "/v1/uploads/{upload}/{file}", "Takes the bytes of one file of an upload.")

    static let all = [open.description, put.description]
}
