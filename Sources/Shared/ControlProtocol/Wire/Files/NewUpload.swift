/// What begins a file that comes in parts.
package struct NewUpload: WireBody {
    package var bytes: Int
    package var filename: String
    package var purpose: String

    package init(_ body: WireObject) throws {
        filename = try body.requiredText("filename")
        _ = try body.text("mime_type")
        purpose = try body.requiredText("purpose")
        _ = try body.requiredAny("bytes", as: .whole)
        bytes = try body.whole("bytes", 1...(1 << 40)) ?? 1
    }
}
