import Foundation
import Nouns
import OperationsScene
import Settings
import TestSupport
import Testing

@testable import Feedback

/// What is kept of answers, for whom, and for how long.
struct CompletionStoreTests {
    @Test(arguments: [
        ("none", [true, false, nil], [false, false, false]), ("asked", [true, false, nil], [true, false, false]),
        ("all", [true, false, nil], [true, false, true]),
    ])
    func thePipelineSaysWhatIsKept(record: String, wanted: [Bool?], kept: [Bool]) throws {
        let scene = try FeedbackScene("[feedback]\nrecord = \"\(record)\"\n")
        for (index, wanted) in wanted.enumerated() {
            #expect(try scene.keep("c-\(index)", wanted: wanted) == kept[index])
        }
        #expect(scene.store.count("p") == kept.count { $0 })
    }

    @Test func whatIsKeptIsThereAfterARestart() throws {
        let scene = try FeedbackScene()
        try scene.keep("c-1", metadata: ["a": "b"])
        try scene.rate("c-1", correction: "The ceiling.", by: "bob")
        let stored = try scene.restarted().find("c-1", who: "ann")
        #expect(stored.messages.map(\.content) == ["What is up?"] && stored.metadata == ["a": "b"])
        #expect(stored.ratings.map(\.correction) == ["The ceiling."])
        #expect(scene.restarted().tallies("p")["v-1"]?.bad == 1)
    }

    @Test func onlyWhoAskedSeesIt() throws {
        let scene = try FeedbackScene()
        try scene.keep("c-1")
        #expect(try scene.store.find("c-1", who: "root").id == "c-1")
        for action in [
            { _ = try scene.store.find("c-1", who: "eve") }, { try scene.rate("c-1", who: "eve") },
            { _ = try scene.store.change("c-1", who: "eve") { $0.metadata = ["x": "y"] } },
            { try scene.store.remove("c-1", who: "eve", withdraw: scene.withdraw) },
        ] { #expect(throws: Failure.self) { try action() } }
        #expect(
            try scene.store.list(who: "eve", after: nil, newestFirst: false, limit: 9, model: nil, metadata: [:]) == [])
        #expect(try scene.store.find("c-1", who: "ann").metadata.isEmpty)
    }

    @Test func listsHavePagesAndFilters() throws {
        let scene = try FeedbackScene()
        for index in 0..<5 {
            try scene.keep("c-\(index)", age: Double(9 - index), metadata: ["parity": "\(index % 2)"])
        }
        func ids(
            _ after: String? = nil, newest: Bool = false, limit: Int = 9, model: String? = nil,
            _ metadata: [String: String] = [:]
        )
            throws -> [String]?
        {
            try scene.store.list(
                who: "ann", after: after, newestFirst: newest, limit: limit, model: model, metadata: metadata)?.map(
                    \.id)
        }
        #expect(try ids(limit: 2) == ["c-0", "c-1"])
        #expect(try ids("c-1", limit: 2) == ["c-2", "c-3"])
        #expect(try ids("c-1", newest: true) == ["c-0"])
        #expect(try ids(nil, ["parity": "1"]) == ["c-1", "c-3"])
        #expect(try ids(model: "other") == [])
        #expect(try ids("gone") == nil)
    }

    @Test func nothingOfADeletedOneIsLeft() throws {
        let scene = try FeedbackScene()
        try scene.keep("c-1", "the word xylophone", "and zither")
        try scene.keep("c-2")
        try scene.rate("c-1", correction: "or bassoon")
        try scene.store.remove("c-1", who: "ann", withdraw: scene.withdraw)
        let left = try scene.onDisk()
        for word in ["xylophone", "zither", "bassoon"] { #expect(!left.contains(word)) }
        #expect(left.contains("What is up?"))
        for store in [scene.store, scene.restarted()] {
            let failure = #expect(throws: Failure.self) { try store.find("c-1", who: "ann") }
            #expect(failure?.code == "completion.deleted")
            #expect(try store.find("c-2", who: "ann").id == "c-2")
        }
        #expect(scene.withdrawn.isEmpty)
    }

    @Test func whatIsOldExpiresAndItsReasonIsSaid() throws {
        let scene = try FeedbackScene("[feedback]\ndays = 3\n")
        try scene.keep("c-old", age: 3.1)
        try scene.keep("c-new", age: 2.9)
        try scene.store.expire()
        let failure = #expect(throws: Failure.self) { try scene.restarted().find("c-old", who: "ann") }
        #expect(failure?.code == "completion.expired")
        #expect(scene.store.count("p") == 1)
        // What is known of it goes as well, in the end.
        try scene.store.expire(Date(timeIntervalSinceNow: 4 * 86_400))
        let later = #expect(throws: Failure.self) { try scene.store.find("c-old", who: "ann") }
        #expect(later?.code == "completion.unknown")
    }

    @Test func theOldestGoWhereThereAreTooManyBytes() throws {
        let scene = try FeedbackScene("[feedback]\nbytes = \"1M\"\n")
        let long = String(repeating: "word ", count: 40_000)
        for index in 0..<6 { try scene.keep("c-\(index)", long, age: Double(9 - index)) }
        let left = try #require(
            try scene.store.list(who: "ann", after: nil, newestFirst: false, limit: 99, model: nil, metadata: [:]))
        #expect((1...5).contains(left.count))
        #expect(left.map(\.id) == (0..<6).map { "c-\($0)" }.suffix(left.count))
        #expect(try scene.onDisk().utf8.count <= 1 << 20 + 4096)
    }

    @Test(arguments: ["redact", "reject", "allow"])
    func personalDataIsTreatedAsInRows(action: String) throws {
        let scene = try FeedbackScene("[data]\nsensitive = \"\(action)\"\n")
        let secret = "ada.lovelace@example.com"
        let isKept = try scene.keep("c-1", "Write to \(secret)!", "I wrote to \(secret).", metadata: ["who": secret])
        #expect(isKept == (action != "reject"))
        #expect(try scene.onDisk().contains(secret) == (action == "allow"))
        try scene.keep("c-2")
        if action == "reject" {
            let failure = #expect(throws: Failure.self) { try scene.rate("c-2", correction: "Ask \(secret).") }
            #expect(failure?.code == "feedback.sensitive")
        } else {
            try scene.rate("c-2", correction: "Ask \(secret).")
        }
        #expect(try scene.onDisk().contains(secret) == (action == "allow"))
    }

    @Test func aDamagedFileIsPassedOver() throws {
        let scene = try FeedbackScene()
        try scene.keep("c-1")
        try "{".write(toFile: scene.sandbox.layout.storedCompletion("p", "c-2"), atomically: true, encoding: .utf8)
        let store = scene.restarted()
        #expect(store.count("p") == 1)
        #expect(throws: Failure.self) { try store.find("c-2", who: "ann") }
        #expect(throws: Failure.self) { try store.find("../p/c-1", who: "ann") }
    }

    /// A pipeline was renamed, and the folder of its answers with it.
    @Test func whatWasMovedIsOfThePipelineWhoseFolderItIsIn() throws {
        let scene = try FeedbackScene()
        try scene.keep("chatcmpl-1")
        let layout = scene.sandbox.layout
        try FileManager.default.moveItem(atPath: layout.feedback("p"), toPath: layout.feedback("q"))
        scene.store.readAnew()
        #expect(try scene.store.find("chatcmpl-1", who: "ann").pipeline == "q")
        #expect(try scene.store.rated("p", who: "ann", limit: 9).isEmpty)
    }

    /// What the caller wanted kept and is not is told, and not passed over.
    @Test func aFullDiskIsSaid() throws {
        let scene = try FeedbackScene()
        try scene.sandbox.settings("minimum_free = \"900T\"\n")
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        let failure = #expect(throws: Failure.self) { try scene.keep("chatcmpl-1") }
        #expect(failure?.code == "feedback.space" && failure?.remedy?.contains("minimum_free") == true)
        #expect(try scene.keep("chatcmpl-1", wanted: false) == false, "nobody wanted it kept")
    }
}
