/// Questions about the daemon as a whole.
package enum StatusEndpoints {
    package static let show = Endpoint<NoSubject, NoQuery, NoBody, StatusAnswer>(
        "status.show", .get, "/v1/status", "Says how the daemon is, and what each pipeline does.")

    package static let verify = Endpoint<NoSubject, NoQuery, NoBody, SoundnessAnswer>(
        "status.verify", .post, "/v1/verify",
        "Reads every file that models and runs rest on, and says which are gone or changed.", weight: .heavy)

    static let all = [show.description, verify.description]
}
