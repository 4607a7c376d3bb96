/// Whose habits an endpoint follows.
package enum APIDialect: Hashable, Sendable {
    /// Ours: a parameter that there is not is an error, times are ISO 8601.
    case control
    /// OpenAI's: fields and parameters that nobody knows are taken, times are whole seconds, `+` in a query is a space.
    case openAI
}
