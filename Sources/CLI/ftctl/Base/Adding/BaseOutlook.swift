import Foundation
import Nouns
import Reports

/// What a base would be, before it is fetched.
struct BaseOutlook: Encodable, Sendable {
    var place: String
    var id: String?
    var commit: String?
    var bytes: Int
    var files: Int
    var architecture: String?
    var parameters: Int?
    var contextLength: Int?
    var licence: String?
    var hasTemplate: Bool?
    var trainingMemoryBytes: Int?
    var servingMemoryBytes: Int?
    var availableMemoryBytes: Int
    var freeDiskBytes: Int
    /// Seconds that fetching takes at the rate seen; nil where nothing was fetched to tell.
    var seconds: Double?
    var remarks: [String]

    var document: Document {
        Document(
            title: place,
            [
                .facts(
                    Fact.known([
                        ("would be called", id), ("commit", commit),
                        ("size", "\(Quantity.bytes(bytes)) in \(Quantity.counted(files, "file"))"),
                        ("architecture", architecture), ("parameters", parameters.map(String.init)),
                        ("context", contextLength.map { "\($0) tokens" }), ("licence", licence ?? "unknown"),
                        ("chat template", hasTemplate.map { $0 ? "has one" : "none" }),
                        ("training takes", trainingMemoryBytes.map(Quantity.bytes)),
                        ("serving takes", servingMemoryBytes.map(Quantity.bytes)),
                        ("memory free here", Quantity.bytes(availableMemoryBytes)),
                        ("room on the disk", Quantity.bytes(freeDiskBytes)),
                        ("fetching takes", seconds.map { "about \(Quantity.duration($0)) at the rate seen" }),
                    ]))
            ] + remarks.map { .paragraph("! \($0)") } + [.paragraph("Nothing was registered.")])
    }
}
