/// How files come to the daemon.
package enum UploadEndpoints {
    package static let open = Endpoint<NoSubject, UploadQuery, NoBody, UploadAnswer>(
        "uploads.open", .post, "/v1/transfers", "Opens an upload, to put files into; only who opens it may use it.",
        access: .use)
    package static let put = Endpoint<UploadPlace, NoQuery, FileBody, UploadedAnswer>(
        "uploads.put", .put, "/v1/transfers/{upload}/{file}", "Takes the bytes of one file of an upload.", access: .own)

    static let all = [open.description, put.description]
}

/// What an upload is for.
package struct UploadQuery: EndpointQuery {
    /// What will become of the files.
    package enum Purpose: String, QueryValue, CaseIterable {
        /// Rows to be looked at: the upload lasts an hour.
        case data
        /// A base model: the upload lasts a day.
        case base
    }
    package var purpose = Purpose.data
    package init() {}
    package init(purpose: Purpose) { self.purpose = purpose }
    package static let parameters: [QueryParameter<UploadQuery>] = [
        QueryParameter("for", \.purpose, "What it is for: rows (it lasts an hour), or a base model (a day).")
    ]
}
