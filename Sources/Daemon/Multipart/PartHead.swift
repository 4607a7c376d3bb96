import Foundation

/// What the head of a part says: the field that it is, and the file's name where it is one.
package struct PartHead: Hashable, Sendable {
    package let name: String
    package let fileName: String?

    /// - Parameter lines: the lines of the head without the empty one that ends it.
    /// - Throws: ``MultipartFault/head`` where no line is a `Content-Disposition: form-data` with a name.
    init(_ lines: [UInt8]) throws {
        guard let text = String(validating: lines, as: UTF8.self) else { throw MultipartFault.head }
        var name: String?
        var fileName: String?
        for line in text.components(separatedBy: "\r\n") {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "content-disposition" else {
                continue
            }
            guard name == nil, let parameters = HeaderParameters(line[line.index(after: colon)...]),
                parameters.value.lowercased() == "form-data"
            else { throw MultipartFault.head }
            name = parameters["name"]
            fileName = parameters["filename"]
        }
        guard let name else { throw MultipartFault.head }
        self.name = Self.decoded(name)
        self.fileName = fileName.map(Self.decoded)
    }

    /// Clients write quotation marks and ends of lines percent-encoded, and everything else as it is.
    private static func decoded(_ text: String) -> String {
        text.replacing("%22", with: "\"").replacing("%0D", with: "\r").replacing("%0A", with: "\n")
    }
}
