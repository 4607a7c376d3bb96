/// Whether the promotion ledger's hash chain holds.
package struct VerifyAnswer: Codable, Hashable, Sendable {
    package var records: Int
    package var intact: Bool
    package var firstBroken: Int?
    package init(records: Int, intact: Bool, firstBroken: Int? = nil) {
        self.records = records
        self.intact = intact
        self.firstBroken = firstBroken
    }
}
