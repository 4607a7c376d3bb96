/// Completions that are kept.
package enum StoredChatEndpoints {
    package static let list = Endpoint<NoSubject, StoredChatQuery, NoBody, WirePage<StoredChat>>(
        "stored.list", .get, "/v1/chat/completions",
        "Lists one's kept completions; `metadata[KEY]=VALUE` chooses by metadata.", weight: .heavy, dialect: .openAI,
        access: .own)
    package static let show = Endpoint<StoredChatID, NoQuery, NoBody, StoredChat>(
        "stored.show", .get, "/v1/chat/completions/{completion}", "Shows a kept completion.", dialect: .openAI,
        access: .own)
    package static let update = Endpoint<StoredChatID, NoQuery, StoredChatUpdate, StoredChat>(
        wire: "stored.update", .post, "/v1/chat/completions/{completion}", "Gives a kept completion other metadata.",
        access: .own)
    package static let remove = Endpoint<StoredChatID, NoQuery, NoBody, DeletedObject>(
        "stored.remove", .delete, "/v1/chat/completions/{completion}",
        "Deletes a kept completion, and withdraws the row that was made of it.", weight: .heavy, dialect: .openAI,
        access: .own)
    package static let messages = Endpoint<StoredChatID, StoredMessageQuery, NoBody, WirePage<StoredMessage>>(
        "stored.messages", .get, "/v1/chat/completions/{completion}/messages",
        "Lists the messages that a kept completion answers.", dialect: .openAI, access: .own)

    static let all = [
        list.description, show.description, update.description, remove.description, messages.description,
    ]
}
