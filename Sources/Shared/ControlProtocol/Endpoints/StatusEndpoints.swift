/// Questions about the daemon as a whole.
package enum StatusEndpoints {
    package static let show = Endpoint<NoSubject, NoQuery, NoBody, StatusAnswer>(
        "status.show", .get, "/v1/status", "Says how the daemon is, and what each pipeline does.")

    package static let verify = Endpoint<NoSubject, NoQuery, NoBody, SoundnessAnswer>(
        "status.verify", .post, "/v1/verify",
        "Reads every file whose digest is known and computes the chains of what was served anew; says what is wrong.",
        weight: .heavy,
        access: .use)

    package static let live = Endpoint<NoSubject, NoQuery, NoBody, LiveAnswer>(
        "status.live", .get, "/healthz", "Says that the daemon's process answers.", access: .open)

    package static let ready = Endpoint<NoSubject, NoQuery, NoBody, ReadyAnswer>(
        "status.ready", .get, "/readyz",
        """
        Says whether the daemon can answer requests, with the codes of what is wrong; the status is 503 only where it \
        can answer none.
        """, access: .open)

    package static let metrics = Endpoint<NoSubject, NoQuery, NoBody, MetricsText>(
        "status.metrics", .get, "/metrics",
        "Gives what docs/monitoring/metrics.md lists, in Prometheus' text format 0.0.4.")

    package static let openAPI = Endpoint<NoSubject, NoQuery, NoBody, OpenAPIDocument>(
        "status.openAPI", .get, "/openapi.json", "Describes every request to the daemon, for programs.", access: .open)

    static let all = [
        show.description, verify.description, live.description, ready.description, metrics.description,
        openAPI.description,
    ]
}
