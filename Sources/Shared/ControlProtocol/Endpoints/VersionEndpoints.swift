import Nouns

/// Questions and orders about versions of models.
package enum VersionEndpoints {
    package static let list = Endpoint<PipelineName, NoQuery, NoBody, [VersionSummary]>(
        "versions.list", .get, "/v1/pipelines/{pipeline}/versions",
        "Lists the versions of a pipeline, the newest first.", weight: .heavy)
    package static let show = Endpoint<VersionPlace, NoQuery, NoBody, VersionSummary>(
        "versions.show", .get, "/v1/pipelines/{pipeline}/versions/{version}",
        "Shows a version, named by its identifier or by an alias such as current.", weight: .heavy)
    package static let annotate = Endpoint<VersionPlace, NoQuery, AnnotateRequest, VersionSummary>(
        "versions.annotate", .post, "/v1/pipelines/{pipeline}/versions/{version}",
        "Changes the notes and tags of a version.", weight: .heavy, access: .own)
    package static let alias = Endpoint<PipelineName, NoQuery, AliasRequest, [VersionSummary]>(
        "versions.alias", .post, "/v1/pipelines/{pipeline}/aliases",
        "Gives a version a name, or takes the name away.", weight: .heavy, access: .own)
    package static let compare = Endpoint<NoSubject, VersionPairQuery, NoBody, VersionComparison>(
        "versions.compare", .get, "/v1/compare", "Puts two versions side by side.", weight: .heavy)
    package static let export = Endpoint<NoSubject, NoQuery, ExportRequest, ExportAnswer>(
        "versions.export", .post, "/v1/exports",
        "Has a version written for other programs, and says how far that is; ask again to see it go on.",
        weight: .heavy, access: .use)
    package static let exported = Endpoint<ExportPlace, NoQuery, NoBody, ExportAnswer>(
        "versions.exported", .get, "/v1/exports/{version}/{format}",
        "Says how far an export is, and what was written.", weight: .heavy)
    package static let exportedFile = Endpoint<ExportFilePlace, NoQuery, NoBody, FileContent>(
        "versions.exportedFile", .get, "/v1/exports/{version}/{format}/{file}", "Gives a file of a finished export.",
        weight: .heavy, access: .use)
    package static let pack = Endpoint<VersionID, NoQuery, NoBody, FileContent>(
        "versions.pack", .get, "/v1/versions/{version}/pack",
        "Gives a version as one file (tar): weights, card of the base, verdict, figures of the gates, digests.",
        weight: .heavy, access: .use)
    package static let add = Endpoint<PipelineName, NoQuery, AddVersionRequest, Run>(
        "versions.add", .post, "/v1/pipelines/{pipeline}/versions",
        """
        Registers a version that another daemon has packed as a foreign one, and queues it for the gates of the \
        pipeline.
        """, weight: .heavy)
    package static let garbage = Endpoint<NoSubject, NoQuery, NoBody, GarbagePlan>(
        "versions.garbage", .get, "/v1/garbage", "Lists what could be removed without losing anything.", weight: .heavy)
    package static let clear = Endpoint<NoSubject, NoQuery, NoBody, GarbagePlan>(
        "versions.clear", .post, "/v1/garbage", "Removes what nothing needs any more, and lists it.", weight: .heavy)

    static let all = [
        list.description, show.description, annotate.description, alias.description, compare.description,
        export.description, exported.description, exportedFile.description, pack.description,
        add.description, garbage.description, clear.description,
    ]
}

/// Which two versions are compared.
package struct VersionPairQuery: EndpointQuery {
    package var pipeline = PipelineName("")
    package var a = ""
    package var b = ""
    package init() {}
    package init(pipeline: PipelineName, a: String, b: String) {
        self.pipeline = pipeline
        self.a = a
        self.b = b
    }
    package static let parameters: [QueryParameter<VersionPairQuery>] = [
        QueryParameter("pipeline", \.pipeline, isRequired: true, "The pipeline of both."),
        QueryParameter("a", \.a, isRequired: true, "A version, or an alias."),
        QueryParameter("b", \.b, isRequired: true, "Another version, or an alias."),
    ]
}
