/// The numbers of a tensor whose type models are not read in, such as integers.
package struct RawNumbers: @unchecked Sendable {
    /// The type as the file names it, such as `I64`.
    package let type: String
    /// Read-only, and valid for as long as ``owner`` lives.
    package let bytes: UnsafeRawBufferPointer
    /// What keeps ``bytes`` alive.
    package let owner: any AnyObject & Sendable
}
