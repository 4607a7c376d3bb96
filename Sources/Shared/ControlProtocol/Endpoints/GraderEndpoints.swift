/// The graders that gates have, by OpenAI's routes.
package enum GraderEndpoints {
    package static let validate = Endpoint<NoSubject, NoQuery, GraderBody, ValidGrader>(
        wire: "graders.validate", .post, "/v1/fine_tuning/alpha/graders/validate",
        "Says whether a grader may be used in gates, and what is wrong with it.", access: .use)
    package static let run = Endpoint<NoSubject, NoQuery, GraderRunBody, GraderVerdict>(
        wire: "graders.run", .post, "/v1/fine_tuning/alpha/graders/run",
        "Judges one answer as the gates of a run would.", weight: .heavy, access: .use)

    static let all = [validate.description, run.description]
}
