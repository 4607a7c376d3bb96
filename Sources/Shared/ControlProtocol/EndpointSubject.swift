import Nouns

/// What the path of a request names: a run, a pipeline, a version of a pipeline, or nothing.
package protocol EndpointSubject: Sendable {
    /// How many values of the path it takes.
    static var valueCount: Int { get }
    /// Makes it from exactly ``valueCount`` values in the order of the path.
    init(values: [String])
    var values: [String] { get }
}

/// The subject of a path without values.
package struct NoSubject: EndpointSubject {
    package static let valueCount = 0
    package init() {}
    package init(values: [String]) {}
    package var values: [String] { [] }
}

extension Identifier: EndpointSubject {
    package static var valueCount: Int { 1 }
    package init(values: [String]) { self.init(values.first ?? "") }
    package var values: [String] { [rawValue] }
}

/// A version of a pipeline, by its identifier or by an alias: `current`, `previous`, or a person's own.
package struct VersionPlace: EndpointSubject {
    package static let valueCount = 2
    package var pipeline: PipelineName
    package var version: String
    package init(_ pipeline: PipelineName, _ version: String) {
        self.pipeline = pipeline
        self.version = version
    }
    package init(values: [String]) {
        self.init(PipelineName(values.first ?? ""), values.dropFirst().first ?? "")
    }
    package var values: [String] { [pipeline.rawValue, version] }
}

/// One format of a version.
package struct ExportPlace: EndpointSubject {
    package static let valueCount = 2
    package var version: VersionID
    package var format: String
    package init(_ version: VersionID, _ format: String) {
        self.version = version
        self.format = format
    }
    package init(values: [String]) {
        self.init(VersionID(values.first ?? ""), values.dropFirst().first ?? "")
    }
    package var values: [String] { [version.rawValue, format] }
}

/// One file of a version in some format.
package struct ExportFilePlace: EndpointSubject {
    package static let valueCount = 3
    package var place: ExportPlace
    package var file: String
    package init(_ place: ExportPlace, file: String) {
        self.place = place
        self.file = file
    }
    package init(values: [String]) {
        self.init(ExportPlace(values: values), file: values.dropFirst(2).first ?? "")
    }
    package var values: [String] { place.values + [file] }
}

/// One file of an open upload.
package struct UploadPlace: EndpointSubject {
    package static let valueCount = 2
    package var upload: String
    package var file: String
    package init(_ upload: String, file: String) {
        self.upload = upload
        self.file = file
    }
    package init(values: [String]) {
        self.init(values.first ?? "", file: values.dropFirst().first ?? "")
    }
    package var values: [String] { [upload, file] }
}
