import JSONDocument

extension JSONNode {
    /// Reads one whole document of the file `file`; `base` is the document's own offset in it.
    ///
    /// Throws ``WeightFileError`` with the offset in the file.
    init(_ bytes: UnsafeRawBufferPointer, file: String, base: Int = 0) throws(WeightFileError) {
        do {
            self = try JSONReader.document(bytes)
        } catch {
            throw WeightFileError(
                .malformed, file: file, place: "offset \(base + error.offset)", problem: error.problem,
                remedy: "Copy or download the file again.")
        }
    }
}
