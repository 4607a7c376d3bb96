import Nouns

/// What a backup of the running daemon asks for; the files themselves are copied by whoever makes it.
package enum BackupEndpoints {
    package static let open = Endpoint<NoSubject, NoQuery, NoBody, BackupAnswer>(
        "backups.open", .post, "/v1/backups",
        """
        Copies the ledger as it is now, and lists the files that it names, both in a folder of the daemon's machine \
        that goes after an hour.
        """, weight: .heavy)
    package static let close = Endpoint<BackupPlace, NoQuery, NoBody, RemovedAnswer>(
        "backups.close", .delete, "/v1/backups/{backup}", "Removes the copy of the ledger that a backup has taken.")

    static let all = [open.description, close.description]
}

/// A copy of the ledger that waits to be taken into a backup.
package struct BackupPlace: EndpointSubject {
    package static let valueCount = 1
    package var id: String
    package init(_ id: String) { self.id = id }
    package init(values: [String]) { self.init(values.first ?? "") }
    package var values: [String] { [id] }
}
