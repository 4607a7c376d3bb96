import Nouns

/// Questions about the engines that train.
package enum EngineEndpoints {
    package static let list = Endpoint<NoSubject, NoQuery, NoBody, [EngineSummary]>(
        "engines.list", .get, "/v1/engines",
        "Lists the engines that can train, with what each says of itself and what is at work on it.", weight: .heavy)
    package static let show = Endpoint<EngineName, NoQuery, NoBody, EngineSummary>(
        "engines.show", .get, "/v1/engines/{engine}", "Shows one engine.", weight: .heavy)
    package static let check = Endpoint<EngineName, NoQuery, NoBody, EngineCheckAnswer>(
        "engines.check", .post, "/v1/engines/{engine}/check",
        "Tries an engine on a tiny model, rule by rule of the engine protocol.", weight: .heavy)

    static let all = [list.description, show.description, check.description]
}
