/// Questions about the daemon as a whole.
package enum StatusEndpoints {
    package static let show = Endpoint<NoSubject, NoQuery, NoBody, StatusAnswer>(
        "status.show", .get, "/v1/status", "Says how the daemon is, and what each pipeline does.")

    static let all = [show.description]
}
