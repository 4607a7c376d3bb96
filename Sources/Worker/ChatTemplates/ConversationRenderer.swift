import Synchronization

/// Renders conversations with one template, one set of names and one time.
///
/// Most templates write the same around the contents of every conversation with the same roles. What they write is
/// found once, by a rendering in which a stand-in is each content; a template that looks into one is rendered anew for
/// every conversation.
package final class ConversationRenderer: Sendable {
    /// Turns of the longest conversation, and conversations, that are kept.
    private static let mostTurns = 32
    private static let mostSkeletons = 256
    private static let names = [Array("role".utf8), Array("content".utf8)]

    private let template: ChatTemplate
    private let variables: [String: TemplateValue]
    private let now: Int
    /// By roles; nil where the template looks into contents, or refuses the roles.
    private let skeletons = Mutex<[[UInt8]: RenderingSkeleton?]>([:])

    /// - Parameters:
    ///   - variables: further names, as ``ChatTemplate/render(messages:tools:addGenerationPrompt:variables:now:)``
    ///     takes them.
    ///   - now: seconds since 1970.
    package init(_ template: ChatTemplate, variables: [String: TemplateValue], now: Int) {
        self.template = template
        self.variables = variables
        self.now = now
    }

    /// Renders a conversation. Throws as ``ChatTemplate/render(messages:tools:addGenerationPrompt:variables:now:)``.
    package func render(
        _ turns: some Collection<TemplateDictionary>, tools: TemplateValue = .none, addGenerationPrompt: Bool
    ) throws -> ChatTemplate.Rendering {
        if case .none = tools, let (roles, contents) = Self.plain(turns),
            // Beyond this the limits of a rendering may be met, which only a rendering knows.
            contents.reduce(0, { $0 + $1.size }) <= template.limits.bytes / 64,
            let skeleton = skeleton(roles, addGenerationPrompt)
        {
            return skeleton.rendering(contents)
        }
        return try rendered(Array(turns), tools, addGenerationPrompt)
    }

    /// Whether conversations of these roles are rendered from what is known.
    func isKnown(_ turns: [TemplateDictionary], addGenerationPrompt: Bool) -> Bool {
        Self.plain(turns).flatMap { skeleton($0.roles, addGenerationPrompt) } != nil
    }

    private func rendered(_ turns: [TemplateDictionary], _ tools: TemplateValue, _ addGenerationPrompt: Bool) throws
        -> ChatTemplate.Rendering
    {
        try template.render(
            messages: .list(try TemplateList(turns.map { .dictionary($0) })), tools: tools,
            addGenerationPrompt: addGenerationPrompt, variables: variables,
            now: now)
    }

    /// Roles and contents of turns that have nothing else; nil of others.
    private static func plain(_ turns: some Collection<TemplateDictionary>) -> (
        roles: [TemplateText], contents: [TemplateText]
    )? {
        guard turns.count <= mostTurns else { return nil }
        var (roles, contents): ([TemplateText], [TemplateText]) = ([], [])
        for turn in turns {
            guard turn.count == 2, case .text(let role) = turn.values[0], case .text(let content) = turn.values[1],
                zip(turn.keys, names).allSatisfy({ $0.identity == .text($1) }), !role.bytes.contains(StandIn.mark)
            else { return nil }
            roles.append(role)
            contents.append(content)
        }
        return (roles, contents)
    }

    private func skeleton(_ roles: [TemplateText], _ addGenerationPrompt: Bool) -> RenderingSkeleton? {
        var key: [UInt8] = [addGenerationPrompt ? 1 : 0]
        for role in roles { key += role.bytes + [StandIn.mark, role.isTouchedByData ? 1 : 0] }
        if let known = skeletons.withLock({ $0[key] }) { return known }
        let watch = Watch()
        var skeleton: RenderingSkeleton?
        if let rendering = try? rendered(
            roles.enumerated().map { turn, role in
                var fields = TemplateDictionary()
                try fields.set("role", .text(role))
                try fields.set(
                    "content", .text(TemplateText(bytes: StandIn(turn: turn).bytes, isData: true, watch: watch)))
                return fields
            }, .none, addGenerationPrompt), !watch.isLookedAt
        {
            skeleton = RenderingSkeleton(rendering)
        }
        skeletons.withLock { if $0.count < Self.mostSkeletons { $0[key] = .some(skeleton) } }
        return skeleton
    }
}
