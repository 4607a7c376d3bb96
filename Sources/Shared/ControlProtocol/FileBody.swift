import Foundation

/// The body of a request that is a file's bytes, taken as they come.
package struct FileBody: Sendable {
    /// Gives the pieces in order, each when the one before is dealt with.
    private let each: @Sendable (_ piece: (Data) throws -> Void) async throws -> Void
    /// The request's Content-Type, where it has one.
    package let mediaType: String?

    /// - Parameter each: calls its argument with every piece, and throws what it or the connection throws.
    package init(
        mediaType: String? = nil, _ each: @escaping @Sendable (_ piece: (Data) throws -> Void) async throws -> Void
    ) {
        self.each = each
        self.mediaType = mediaType
    }

    /// The body as a client declares it: the file is named where the request is sent.
    package init() { self.init { _ in } }

    package func forEachPiece(_ body: (Data) throws -> Void) async throws { try await each(body) }
}
