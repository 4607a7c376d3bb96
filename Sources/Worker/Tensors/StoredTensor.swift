/// A tensor as a file holds it: named, shaped, still quantised, usually mapped and never copied.
///
/// Whoever makes one has checked that `bytes` holds exactly the product of the outer dimensions times the row bytes.
package struct StoredTensor: @unchecked Sendable {
    /// The tensor's name in its file.
    package let name: String
    /// Row-major dimensions, outermost first: a projection is [out, in], a norm is [width].
    package let shape: [Int]
    /// The layout of the numbers.
    package let type: StorageType
    /// The numbers, row after row. Read-only, and valid for as long as `owner` lives.
    package let bytes: UnsafeRawBufferPointer
    /// What keeps `bytes` alive: the mapping or the buffer.
    package let owner: AnyObject & Sendable

    package init(
        name: String, shape: [Int], type: StorageType, bytes: UnsafeRawBufferPointer, owner: AnyObject & Sendable
    ) {
        self.name = name
        self.shape = shape
        self.type = type
        self.bytes = bytes
        self.owner = owner
    }

    /// The length of one row: the innermost dimension.
    package var columns: Int { shape.last ?? 1 }

    /// How many rows there are: the product of all dimensions but the innermost.
    package var rows: Int { shape.dropLast().reduce(1, *) }

    /// How many numbers there are.
    package var count: Int { rows * columns }
}
