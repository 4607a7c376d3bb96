import Foundation
import Multipart
import Nouns

/// A form with a file, taken while it comes: the file's bytes go to the disk, the other fields are short texts.
final class FileForm {
    /// Bytes that a field other than the file may have.
    private static let longestField = 64 << 10

    private var reader: MultipartReader
    /// The field that the file is in.
    private let field: String
    private let begin: () throws -> ComingFile
    private var seen: Set<String> = []
    private var present: String?
    private var texts: [String: Data] = [:]
    private(set) var file: ComingFile?
    private(set) var fileName: String?

    /// - Parameters:
    ///   - mediaType: the request's Content-Type.
    ///   - begin: makes the file that the bytes are written to.
    /// - Throws: a Failure (`request.body`) where it is no form's.
    init(mediaType: String?, field: String, begin: @escaping () throws -> ComingFile) throws {
        do { reader = try MultipartReader(mediaType: mediaType ?? "") } catch let fault as MultipartFault {
            throw Self.failure(fault)
        }
        (self.field, self.begin) = (field, begin)
    }

    /// Throws a Failure (`request.body`) with the field at fault.
    func feed(_ piece: Data) throws {
        do { try reader.feed(piece, take) } catch let fault as MultipartFault { throw Self.failure(fault) }
    }

    /// The file, once all has come. Throws a Failure (`request.body`) where the form is not whole or has none.
    func finish() throws -> ComingFile {
        do { try reader.finish() } catch let fault as MultipartFault { throw Self.failure(fault) }
        guard let file else {
            throw Failure(
                code: "request.body", "The form has no part '\(field)'.", at: field,
                remedy: "Send the file as the part '\(field)' of a multipart/form-data body.")
        }
        return file
    }

    /// A field's text; nil where the form has none. Throws a Failure (`request.body`) where it is no UTF-8.
    func text(_ name: String) throws -> String? {
        guard let data = texts[name] else { return nil }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Failure(
                code: "request.body", "The field '\(name)' is not UTF-8.", at: name, remedy: "Send it as text.")
        }
        return text
    }

    private func take(_ event: MultipartReader.Event) throws {
        switch event {
        case .begin(let head):
            guard seen.insert(head.name).inserted else {
                throw Failure(
                    code: "request.body", "The form has the part '\(head.name)' twice.", at: head.name,
                    remedy: "Send each part once.")
            }
            guard seen.count <= 64 else {
                throw Failure(code: "request.body", "The form has more than 64 parts.", remedy: "Send fewer.")
            }
            present = head.name
            if head.name == field {
                file = try begin()
                fileName = head.fileName
            } else {
                texts[head.name] = Data()
            }
        case .bytes(let data):
            guard let present else { return }
            if present == field {
                try file?.write(data)
            } else {
                guard (texts[present]?.count ?? 0) + data.count <= Self.longestField else {
                    throw Failure(
                        code: "request.body",
                        "The field '\(present)' has more than \(Self.longestField >> 10) KiB.", at: present,
                        remedy: "Only the part '\(field)' may be long.")
                }
                texts[present, default: Data()] += data
            }
        case .end: present = nil
        }
    }

    private static func failure(_ fault: MultipartFault) -> Failure {
        Failure(
            code: "request.body", fault.message,
            remedy: "Send a multipart/form-data body, and its boundary in Content-Type.")
    }
}
