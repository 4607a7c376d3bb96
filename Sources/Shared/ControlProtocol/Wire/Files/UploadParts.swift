/// The parts that make a file, in its order.
package struct UploadParts: WireBody {
    package var parts: [String]
    /// What the whole must have.
    package var md5: String?

    package init(_ body: WireObject) throws {
        parts = try body.requiredList("part_ids").enumerated().map { index, value in
            guard let text = value.stringValue else {
                throw WireFault.type("\(body.place("part_ids"))[\(index)]", value, wanted: "a text")
            }
            return text
        }
        md5 = try body.text("md5")
    }
}
