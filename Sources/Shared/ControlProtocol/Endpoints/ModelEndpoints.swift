import Nouns

/// OpenAI's questions about models.
package enum ModelEndpoints {
    package static let list = Endpoint<NoSubject, NoQuery, NoBody, WireList<WireModel>>(
        "models.list", .get, "/v1/models",
        "Lists what can answer now: pipelines, their versions whose files are there, and bases.", weight: .heavy,
        dialect: .openAI)
    package static let show = Endpoint<WireModelName, NoQuery, NoBody, WireModel>(
        "models.show", .get, "/v1/models/{model}",
        "Shows the model that a name means now; a pipeline's is the version that it serves.", dialect: .openAI)
    package static let remove = Endpoint<WireModelName, NoQuery, NoBody, DeletedObject>(
        "models.delete", .delete, "/v1/models/{model}",
        "Removes the files of a version that is neither served nor needed by another; its record stays.",
        weight: .heavy, dialect: .openAI, access: .own)

    static let all = [list.description, show.description, remove.description]
}

/// Phantom noun of ``WireModelName``.
package enum WireModelNoun {}
/// What a model is asked by: `ft:<base>:local:<pipeline>[:<8 hex>]`, a pipeline, a version, a run or a base.
package typealias WireModelName = Identifier<WireModelNoun>
