import Foundation
import Nouns
import Platform
import TestSupport
import Testing

@testable import Intake

/// The drop folder is a door: what stands in its place, or around it, is never drained.
struct DropDoorTests {
    private static let rows = "{\"prompt\": \"q\", \"completion\": \"a\"}\n"

    private func code(_ scene: IntakeScene) throws -> [String] {
        try scene.pass("a.jsonl")
        return scene.problems.map(\.code)
    }

    /// Files of the daemon's that must stay where they are.
    private func plant(_ scene: IntakeScene) throws -> String {
        let models = scene.context.layout.models("p")
        try FileManager.default.createDirectory(atPath: models + "/v-1", withIntermediateDirectories: true)
        try Data("weights".utf8).write(to: URL(filePath: models + "/v-1/model"))
        try Data(Self.rows.utf8).write(to: URL(filePath: models + "/a.jsonl"))
        return models
    }

    @Test func aLinkInThePlaceOfTheDaemonsOwnFolderIsNotFollowed() throws {
        let scene = try IntakeScene()
        let models = try plant(scene)
        try scene.pass()
        try FileManager.default.removeItem(atPath: scene.dropFolder)
        try FileManager.default.createSymbolicLink(atPath: scene.dropFolder, withDestinationPath: models)
        #expect(try code(scene) == ["drop.link"])
        #expect(try scene.drops().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: models).sorted() == ["a.jsonl", "v-1"])
    }

    @Test func anotherUsersFolderInItsPlaceIsRefused() throws {
        guard getuid() == 0 else { return }
        let scene = try IntakeScene()
        try scene.put(Self.rows, "a.jsonl")
        #expect(chown(scene.dropFolder, 12_345, 12_345) == 0)
        #expect(try code(scene) == ["drop.owner"])
        #expect(try scene.drops().isEmpty)
    }

    /// A person's own folder is opened without following links, wherever on the way they are.
    @Test func aLinkOnTheWayToAGivenFolderIsRefusedWithThePlaceItself() throws {
        let root = NSTemporaryDirectory() + "own-\(UInt32.random(in: 0...UInt32.max))"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root + "/real/drop", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: root + "/way", withDestinationPath: root + "/real")
        let scene = try IntakeScene { $0.dropFolder = root + "/way/drop" }
        try scene.put(Self.rows, "a.jsonl")
        #expect(try code(scene) == ["drop.link"])
        #expect(scene.problems[0].remedy?.contains("/real/drop") == true, "\(scene.problems)")
        #expect(try scene.drops().isEmpty)
    }

    /// Names say nothing here: the settings may name a place that only leads to the state by a mount or the like.
    @Test(arguments: ["models/p", "", "../../.."])
    func aGivenFolderInOrAroundTheStateIsRefused(_ place: String) throws {
        let sandbox = NSTemporaryDirectory() + "own-\(UInt32.random(in: 0...UInt32.max))"
        defer { try? FileManager.default.removeItem(atPath: sandbox) }
        let scene = try IntakeScene { $0.dropFolder = sandbox + "/drop" }
        let state = URL(filePath: scene.context.layout.state + "/" + place).standardizedFileURL.path
        _ = try plant(scene)
        let failure = #expect(throws: Failure.self) { try DropDoor(given: state, scene.context.layout) }
        #expect(failure?.code == "drop.place", "\(String(describing: failure))")
        #expect(try DropDoor(given: scene.dropFolder, scene.context.layout).folder.status.st_uid == getuid())
    }

    @Test func foldersOfTwoPipelinesHaveNothingInCommon() throws {
        let root = NSTemporaryDirectory() + "own-\(UInt32.random(in: 0...UInt32.max))"
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root + "/in/deep", withIntermediateDirectories: true)
        let state = IntakeState()
        let (outer, inner) = (try OpenFolder(root + "/in"), try OpenFolder(root + "/in/deep"))
        #expect(state.settle(outer.chain(), of: "a", among: ["a", "b"]) == nil)
        #expect(state.settle(outer.chain(), of: "a", among: ["a", "b"]) == nil, "its own folder is no other's")
        #expect(state.settle(inner.chain(), of: "b", among: ["a", "b"]) == "a")
        #expect(state.settle(outer.chain(), of: "b", among: ["a", "b"]) == "a")
        #expect(state.settle(inner.chain(), of: "b", among: ["b"]) == nil, "pipelines that are gone are forgotten")
        #expect(state.settle(outer.chain(), of: "a", among: ["a", "b"]) == "b")
    }

    /// Everything is claimed through the descriptor: what the path leads to afterwards is left alone.
    @Test func whatTakesItsPlaceWhileItIsOpenIsLeftAlone() throws {
        let scene = try IntakeScene()
        try scene.put(Self.rows, "a.jsonl")
        let door = try scene.service.openDoor(scene.pipeline)
        let moved = scene.dropFolder + "-moved"
        try FileManager.default.moveItem(atPath: scene.dropFolder, toPath: moved)
        let models = try plant(scene)
        try FileManager.default.createSymbolicLink(atPath: scene.dropFolder, withDestinationPath: models)
        let name = Array("a.jsonl".utf8)
        try scene.service.claim(door.path.appending(name), name, scene.pipeline)
        #expect(try scene.drops().count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: moved).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: models).sorted() == ["a.jsonl", "v-1"])
        #expect(door.path.appending(name).description == scene.dropFolder + "/a.jsonl", "people see the path")
    }

    @Test func anotherOwnersFolderInThePlaceOfAGivenOneIsRefused() throws {
        guard getuid() == 0 else { return }
        let root = NSTemporaryDirectory() + "own-\(UInt32.random(in: 0...UInt32.max))"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let scene = try IntakeScene { $0.dropFolder = root + "/drop" }
        try scene.pass()
        #expect(scene.problems.isEmpty)
        try scene.put(Self.rows, "a.jsonl")
        #expect(chown(root + "/drop", 12_345, 12_345) == 0)
        #expect(try code(scene) == ["drop.exchanged"])
        #expect(try scene.drops().isEmpty)
        #expect(chown(root + "/drop", getuid(), getgid()) == 0)
        #expect(try code(scene).isEmpty && scene.drops().count == 1)
    }
}
