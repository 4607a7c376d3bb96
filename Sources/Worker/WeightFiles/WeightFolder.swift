import Foundation

/// Small files beside weights.
package enum WeightFolder {
    /// Writes a whole file: it appears under its name only once it is on disk. Throws ``WeightFileError`` for a full
    /// disk.
    package static func write(_ data: Data, to path: String) throws(WeightFileError) {
        let output = try WeightOutput(path: path)
        try output.write([UInt8](data))
        try output.finish()
    }
}
