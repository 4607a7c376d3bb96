import Foundation
import Nouns
import Testing
import WorkerProtocol

/// What is kept of the epochs of a run.
struct EpochRecordTests {
    @Test func theLastThreeAndTheBestStay() {
        #expect(EpochRecord.staying([5, 10, 15, 20, 25], best: 10) == [10, 15, 20, 25])
        #expect(EpochRecord.staying([25, 5, 10], best: nil) == [5, 10, 25])
        #expect(EpochRecord.staying([5, 10, 15, 20], best: 7) == [10, 15, 20])
    }

    @Test func recordsAreReadInOrderAndWhatIsNotWholeIsNot() throws {
        let folder = NSTemporaryDirectory() + "/epochs-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, step) in [("step-20", 20), ("step-5", 5), (".step-30", 30), ("step-9", nil)] {
            let path = folder + "/epochs/" + name
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let record = step.map { EpochRecord(step: $0, sha256: "s", trainLoss: 1) }
            try record.map { try ContractCoding.encode($0) }?.write(to: URL(filePath: path + "/epoch.json"))
        }
        #expect(EpochRecord.all(in: folder).map(\.step) == [5, 20])
        #expect(EpochRecord.all(in: folder + "/none").isEmpty)
    }
}
