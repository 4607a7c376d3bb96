import Foundation
import Nouns
import TestSupport
import Testing
import WorkerProtocol

struct EventReaderTests {
    static func line(_ step: Int, loss: Double = 1) throws -> Data {
        var event = WorkerEvent(.step, time: Double(step))
        event.step = StepReport(
            step: step, steps: 9, epoch: 1, loss: loss, gradientNorm: 1, learningRate: 1, tokens: 8, labelTokens: 4,
            tokensPerSecond: 8, memoryBytes: 1)
        return try ContractCoding.encode(event) + Data([10])
    }

    @Test(arguments: [1, 2, 7, 1000])
    func eventsComeWholeHoweverTheBytesAreCut(size: Int) throws {
        let text = try (1...5).reduce(into: Data()) { $0 += try Self.line($1) }
        var reader = EventReader()
        var steps: [Int] = []
        for start in stride(from: 0, to: text.count, by: size) {
            let piece = text[start..<min(text.count, start + size)]
            steps += piece.withUnsafeBytes { reader.feed($0) }.compactMap(\.step?.step)
        }
        #expect(steps == [1, 2, 3, 4, 5])
    }

    @Test func whatIsNoEventIsPassedOver() throws {
        let sandbox = try Sandbox()
        let noise = Data("\n{\"event\":\"later kind\",\"time\":1}\nnot json\n".utf8) + Data([0, 255, 10])
        let cut = try Self.line(3).dropLast(5)
        let content = try Self.line(1) + noise + Self.line(2) + cut
        try content.write(to: URL(filePath: sandbox.root + "/events.jsonl"))
        #expect(EventReader.events(in: sandbox.root).compactMap(\.step?.step) == [1, 2])
        #expect(EventReader.events(in: sandbox.root + "/elsewhere").isEmpty)
    }

    @Test func aLineThatACutLeftBehindDoesNotTakeTheNextOneWithIt() throws {
        let sandbox = try Sandbox()
        let content = try Self.line(1).dropLast(5) + Data([10]) + Self.line(2)
        try content.write(to: URL(filePath: sandbox.root + "/events.jsonl"))
        #expect(EventReader.events(in: sandbox.root).compactMap(\.step?.step) == [2])
    }

    @Test func theLaterReportOfAStepCounts() throws {
        let sandbox = try Sandbox()
        let lines = try [(1, 5.0), (2, 4), (3, 3), (2, 2.5), (3, 2), (4, 1)].map { try Self.line($0.0, loss: $0.1) }
        try Data(lines.joined()).write(to: URL(filePath: sandbox.root + "/events.jsonl"))
        let curves = TrainingCurves(folder: sandbox.root)
        #expect(curves.steps.map(\.step) == [1, 2, 3, 4])
        #expect(curves.steps.map(\.loss) == [5, 2.5, 2, 1])
        #expect(curves.validations.isEmpty)
    }
}
