import Foundation
import Nouns
import Platform
import Settings

/// What decides, beside the bytes of a file, which rows are read of it.
struct ReadingSettings: Encodable {
    /// `[data]` of the pipeline as a whole: a file is asked about anew whichever key of it was corrected.
    let data: DataSettings
    /// The base's control tokens, which no text may spell; nil where the base is not known yet.
    let controlTokens: [String]?
    /// What whoever dropped the file wants of it; nil where nothing was said.
    var only: [String]?
    var rows: Int?

    /// The lower-case SHA-256 that tells these settings from others.
    ///
    /// The share of rows that judge by default depends on how many do already, which says nothing of how a file is
    /// read.
    func digest() throws -> String {
        var data = data
        data.gateShare = data.gateShare ?? DataSettings.usualGateShare
        return Digest.sha256(
            try ContractCoding.encode(
                ReadingSettings(data: data, controlTokens: controlTokens, only: only, rows: rows)))
    }
}
