import Nouns

/// Questions and orders about base models.
package enum BaseEndpoints {
    package static let list = Endpoint<NoSubject, NoQuery, NoBody, [BaseCard]>(
        "bases.list", .get, "/v1/bases", "Lists the registered base models.")
    package static let add = Endpoint<NoSubject, NoQuery, AddBaseRequest, BaseCard>(
        "bases.add", .post, "/v1/bases", "Registers an uploaded base model.", weight: .heavy)
    package static let look = Endpoint<NoSubject, NoQuery, LookRequest, LookAnswer>(
        "bases.look", .post, "/v1/look",
        """
        Says whether a base could be registered by what stands in front of its weights: configuration, tokenizer and \
        the heads of its weight files in an upload, which goes away with the answer.
        """, weight: .heavy, access: .administer)
    package static let show = Endpoint<BaseID, NoQuery, NoBody, BaseCard>(
        "bases.show", .get, "/v1/bases/{base}", "Shows one base model.")
    package static let remove = Endpoint<BaseID, NoQuery, NoBody, RemovedAnswer>(
        "bases.remove", .delete, "/v1/bases/{base}", "Removes a base model that nothing uses.", weight: .heavy)
    package static let recommend = Endpoint<PipelineName, NoQuery, RecommendRequest, [BaseRecommendation]>(
        "bases.recommend", .post, "/v1/pipelines/{pipeline}/recommend",
        "Ranks the registered bases by how well they suit a pipeline's rows, the best first.", weight: .heavy,
        access: .use)
    package static let recommendData = Endpoint<NoSubject, NoQuery, RecommendDataRequest, [BaseRecommendation]>(
        "bases.recommendData", .post, "/v1/recommend",
        "Ranks the registered bases by how well they suit the rows of an uploaded file, the best first.",
        weight: .heavy, access: .use)

    static let all = [
        list.description, add.description, look.description, show.description, remove.description,
        recommend.description,
        recommendData.description,
    ]
}
