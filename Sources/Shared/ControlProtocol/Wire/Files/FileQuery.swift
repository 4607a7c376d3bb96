/// Which files are wanted.
package struct FileQuery: EndpointQuery {
    /// By the time at which they came.
    package enum Order: String, QueryValue, CaseIterable { case asc, desc }

    /// Files of a page where nobody says how many, and most of one.
    package static let most = 10_000

    package var after: String?
    package var limit = FileQuery.most
    package var order = Order.desc
    package var purpose: String?
    package init() {}
    package static let parameters: [QueryParameter<FileQuery>] = [
        QueryParameter("after", \.after, "Begins behind the file with this identifier."),
        QueryParameter(
            "limit", \.limit, in: 1...Int.max, default: most, "At most so many; a page has never more than 10,000."),
        QueryParameter("order", \.order, "By the time at which they came: the oldest first, or the newest (desc)."),
        QueryParameter("purpose", \.purpose, "Only files of this purpose."),
    ]
}
