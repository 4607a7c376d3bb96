/// The methods of dictionaries that only read.
enum DictionaryMethods {
    static let names: Set<String> = ["get", "items", "keys", "values", "copy"]

    static func call(_ name: String, _ dictionary: TemplateDictionary, _ arguments: CallArguments) throws
        -> TemplateValue
    {
        switch name {
        case "get":
            guard let key = arguments.positional.first else { throw TemplateFailure.evaluation("'get' needs a key") }
            return dictionary[try TemplateDictionary.Key(key).identity] ?? arguments.value(1, "default") ?? .none
        case "items": return try items(dictionary)
        case "keys": return .list(try TemplateList(dictionary.keys.map(\.value)))
        case "values": return .list(try TemplateList(dictionary.values))
        default: return .dictionary(dictionary)
        }
    }

    /// The pairs of key and value.
    static func items(_ dictionary: TemplateDictionary) throws -> TemplateValue {
        let pairs = try dictionary.keys.indices.map {
            TemplateValue.list(try TemplateList([dictionary.keys[$0].value, dictionary.values[$0]], isTuple: true))
        }
        return .list(try TemplateList(pairs))
    }
}
