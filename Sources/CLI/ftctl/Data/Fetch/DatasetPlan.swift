import Foundation
import HubClient
import Nouns
import Platform
import RowFormats

/// The files of a dataset that are to be dropped, found by asking the Hub and by nothing else.
struct DatasetPlan: Sendable {
    var listing: HubListing
    /// Configuration and split; nil where one file was named.
    var config: String?
    var split: String?
    var files: [HubListing.File]

    /// - Parameter files: those that are wanted.
    init(_ listing: HubListing, files: [HubListing.File] = []) { (self.listing, self.files) = (listing, files) }

    /// Asks for the commit and its files. Throws a Failure.
    init(_ address: HubAddress, config: String?, split: String?, _ client: HubClient) throws {
        listing = try client.listing(address)
        let dataset = try HubDataset(listing, isData: DataFormat.isData)
        if let path = address.choice {
            guard let file = listing.files.first(where: { $0.path == path }), DataFormat.isData(file.name) else {
                throw Failure(
                    code: "hub.choice", "There is no file '\(path)' that can be read as rows.", at: address.text,
                    remedy: "Leave ':\(path)' out; the splits are listed then.")
            }
            files = [file]
        } else {
            let found = try dataset.split(split, of: config)
            (self.config, self.split, files) = (found.configuration, found.split.name, found.split.files)
        }
        if let file = files.first(where: { $0.bytes < 0 }) {
            throw Failure(
                code: "hub.size", "The Hub does not say how large \(file.path) is.", at: address.text,
                remedy: "Check HF_ENDPOINT: a mirror has to give what the Hub gives for ?blobs=true.")
        }
    }

    /// What a drop's record says of where a file comes from.
    func source(_ file: HubListing.File) -> String {
        "hf:datasets/\(listing.repository)@\(listing.commit)/\(file.path)"
    }

    /// The name that a file is dropped under: its path there, of which the end counts.
    func name(_ file: HubListing.File) -> String {
        let repository = listing.repository.split(separator: "/").last.map(String.init) ?? "data"
        var name = (repository + "/" + file.path).replacingOccurrences(of: "/", with: "-")
        while name.utf8.count > 255 || name.hasPrefix(".") { name.removeFirst() }
        return name
    }
}
