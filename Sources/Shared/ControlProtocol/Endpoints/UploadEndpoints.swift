import Nouns

/// How files come to the daemon.
package enum UploadEndpoints {
    package static let open = Endpoint<NoSubject, UploadQuery, NoBody, UploadAnswer>(
        "uploads.open", .post, "/v1/transfers", "Opens an upload, to put files into; only who opens it may use it.",
        access: .use)
    package static let resume = Endpoint<NoSubject, NoQuery, ResumeUpload, ResumedUpload>(
        "uploads.resume", .post, "/v1/transfers/resume",
        """
        Opens the upload of a base, or the open one of the same key that whoever asks began before, and says what it \
        has.
        """, access: .use)
    package static let room = Endpoint<NoSubject, RoomQuery, NoBody, BaseRoom>(
        "uploads.room", .get, "/v1/transfers/room",
        "Says whether a base of this name can be added, and what room the daemon has for it.", access: .administer)
    package static let size = Endpoint<UploadPlace, NoQuery, NoBody, UploadOffset>(
        "uploads.size", .head, "/v1/transfers/{upload}/{file}",
        "Tells by the header `Upload-Offset` how many bytes of a file are on the disk for good.", access: .own)
    package static let put = Endpoint<UploadPlace, PartQuery, FileBody, UploadedAnswer>(
        "uploads.put", .put, "/v1/transfers/{upload}/{file}",
        """
        Takes the bytes of one file of an upload, whole or as a part that begins at `offset`, and answers when they \
        are on the disk for good; a part that does not follow what is there is 409, and the error's place is the right \
        offset.
        """, access: .own)

    static let all = [open.description, resume.description, room.description, size.description, put.description]
}

/// Where a part of a file begins.
package struct PartQuery: EndpointQuery {
    package var offset = 0
    package init() {}
    package init(offset: Int) { self.offset = offset }
    package static let parameters: [QueryParameter<PartQuery>] = [
        QueryParameter(
            "offset", \.offset, in: 0...Int.max, default: 0,
            "How many bytes of the file were sent before; with 0 the file begins anew.")
    ]
}

/// The name that a base is to have.
package struct RoomQuery: EndpointQuery {
    package var id: BaseID?
    package init() {}
    package init(id: BaseID?) { self.id = id }
    package static let parameters: [QueryParameter<RoomQuery>] = [
        QueryParameter("id", \.id, "The name that the base is to have; a taken one is refused.")
    ]
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
