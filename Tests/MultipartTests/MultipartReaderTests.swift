import Foundation
import Multipart
import Mutation
import Testing

/// Bodies as clients send them, cut in every way, and damaged ones.
struct MultipartReaderTests {
    /// A part with its bytes put together.
    struct Part: Hashable {
        var name: String
        var fileName: String?
        var text: [UInt8]
        var isWhole = false
    }

    static let body = Array(
        """
        --b0und\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n\
        --b0und\r\ncontent-disposition: form-data; name="file"; filename="a %22b%22; ü.jsonl"\r\n\
        Content-Type: application/octet-stream\r\n\r\n{"a": 1}\r\n\r\n--b0un\r\n--\r\n\
        --b0und  \r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n--b0und--\r\nafterwards
        """.utf8)
    static let parts = [
        Part(name: "purpose", text: Array("fine-tune".utf8), isWhole: true),
        Part(
            name: "file", fileName: #"a "b"; ü.jsonl"#, text: Array("{\"a\": 1}\r\n\r\n--b0un\r\n--".utf8),
            isWhole: true),
        Part(name: "empty", text: [], isWhole: true),
    ]

    static func read(_ pieces: [[UInt8]], type: String = "multipart/form-data; boundary=b0und") throws -> [Part] {
        var reader = try MultipartReader(mediaType: type)
        var parts: [Part] = []
        for piece in pieces {
            try reader.feed(piece) { event in
                switch event {
                case .begin(let head): parts.append(Part(name: head.name, fileName: head.fileName, text: []))
                case .bytes(let data): parts[parts.count - 1].text += data
                case .end: parts[parts.count - 1].isWhole = true
                }
            }
        }
        try reader.finish()
        return parts
    }

    @Test func aBodyIsTheSameHoweverItIsCut() throws {
        #expect(try Self.read([Self.body]) == Self.parts)
        #expect(try Self.read(Self.body.map { [$0] }) == Self.parts)
        for cut in Self.body.indices {
            #expect(try Self.read([Array(Self.body[..<cut]), Array(Self.body[cut...])]) == Self.parts, "cut at \(cut)")
        }
    }

    @Test(arguments: [
        #"multipart/form-data; boundary="b0und""#, "Multipart/Form-Data;boundary=b0und; charset=utf-8",
        "multipart/form-data ; Boundary = b0und ;",
    ])
    func aBoundaryIsFoundInEveryWayOfWriting(type: String) throws {
        #expect(try Self.read([Self.body], type: type) == Self.parts)
    }

    @Test(arguments: [
        "multipart/form-data", "application/json", "", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"b", "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=" + String(repeating: "x", count: 71), "multipart/mixed; boundary=b0und",
    ])
    func aTypeWithoutABoundaryIsRefused(type: String) {
        #expect(throws: MultipartFault.boundary) { try MultipartReader(mediaType: type) }
    }

    @Test func aBodyThatIsCutOffIsNeverTakenForAWholeOne() {
        let last = Self.body.count - "--\r\nafterwards".utf8.count + 2
        for length in 0..<last {
            #expect(throws: MultipartFault.truncated, "\(length) bytes") {
                try Self.read([Array(Self.body[..<length])])
            }
        }
    }

    @Test(arguments: [
        ("--b0undx\r\n", MultipartFault.delimiter), ("--b0und-x", .delimiter), ("--b0und\r\n\r\n--b0und--", .head),
        ("--b0und\r\nContent-Type: a/b\r\n\r\nx\r\n--b0und--", .head),
        ("--b0und\r\nContent-Disposition: attachment; name=x\r\n\r\nx\r\n--b0und--", .head),
        ("--b0und\r\nContent-Disposition: form-data; name=x; name=y\r\n\r\nx\r\n--b0und--", .head),
        ("--b0und\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b0und--", .head),
        ("--b0und\r\nX: " + String(repeating: "y", count: MultipartReader.longestHead), .longHead),
        ("--b0und" + String(repeating: " ", count: MultipartReader.longestHead + 1), .delimiter),
    ])
    func whatCannotBeReadIsRefused(body: String, fault: MultipartFault) {
        #expect(throws: fault) { try Self.read([Array(body.utf8)]) }
    }

    /// Damaged bodies give parts or a fault, the same ones in one piece and in many.
    @Test func damagedBodiesAreReadTheSameWhole() {
        var mutator = Mutator(seed: 7)
        var sound = 0
        for _ in 0..<4000 {
            let bytes = mutator.mutate(Self.body, focus: Self.body.count)
            let whole = Result { try Self.read([bytes]) }
            let cut = Result { try Self.read(bytes.map { [$0] }) }
            switch (whole, cut) {
            case (.success(let one), .success(let other)):
                sound += 1
                #expect(one == other)
            case (.failure(let one), .failure(let other)):
                #expect(one as? MultipartFault == other as? MultipartFault)
            default: Issue.record("\(bytes): \(whole), \(cut)")
            }
        }
        #expect(sound > 100)
    }

    /// Content is given on as it comes: what is kept back is less than a boundary.
    @Test func contentIsNotGathered() throws {
        var reader = try MultipartReader(mediaType: "multipart/form-data; boundary=b0und")
        var given = 0
        func feed(_ bytes: [UInt8]) throws {
            try reader.feed(bytes) { if case .bytes(let data) = $0 { given += data.count } }
        }
        try feed(Array("--b0und\r\nContent-Disposition: form-data; name=file\r\n\r\n".utf8))
        var sent = 0
        for size in 1..<600 {
            try feed([UInt8](repeating: size % 3 == 0 ? 13 : 65, count: size))
            sent += size
            #expect(sent - given <= "\r\n--b0und".utf8.count)
        }
    }
}
