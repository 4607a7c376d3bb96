import Foundation
import Platform
import TestSupport
import Testing

/// Folders that are opened once, and who may do what with them.
struct OpenFolderTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test func noLinkIsFollowedOnTheWay() throws {
        let root = sandbox.root
        try FileManager.default.createDirectory(atPath: root + "/a/b", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: root + "/link", withDestinationPath: root + "/a")
        try FileManager.default.createSymbolicLink(atPath: root + "/a/end", withDestinationPath: root + "/a/b")
        try Data().write(to: URL(filePath: root + "/a/file"))
        #expect(try OpenFolder(root + "/a/b").identity == FileIdentity(root + "/a/b"))
        func reason(_ path: String, below trusted: String = "/") -> Int32? {
            do {
                _ = try OpenFolder(path, below: trusted)
                return nil
            } catch { return (error as? FileFailure)?.number }
        }
        #expect(reason(root + "/link/b") == ELOOP && reason(root + "/a/end") == ELOOP)
        #expect(reason(root + "/a/file") == ENOTDIR && reason(root + "/none") == ENOENT)
        #expect(reason(root + "/link/b", below: root + "/link") == nil, "up to there links are followed")
        #expect(reason(root + "/link/end", below: root + "/link") == ELOOP)
    }

    @Test func theChainLeadsUpToTheRoot() throws {
        let chain = try OpenFolder(sandbox.root).chain()
        #expect(chain.first == FileIdentity(sandbox.root) && chain.last == FileIdentity("/"))
        #expect(chain.count == sandbox.root.split(separator: "/").count + 1)
    }

    @Test func aListSaysWhoMayWhat() throws {
        let folder = try OpenFolder(sandbox.root)
        let list = AccessList(owner: 7, groups: [12_345: 5])
        do { try list.set(.access, on: folder.descriptor, path: sandbox.root) } catch let failure as FileFailure
            where failure.number == EOPNOTSUPP
        {
            return
        }
        #expect(list.isSet(.access, on: folder.descriptor))
        #expect(!list.isSet(.inherited, on: folder.descriptor))
        #expect(!AccessList(owner: 7, groups: [12_345: 7]).isSet(.access, on: folder.descriptor))
        let inherited = AccessList(owner: 7, users: [4: 7, 2: 4])
        try inherited.set(.inherited, on: folder.descriptor, path: sandbox.root)
        #expect(inherited.isSet(.inherited, on: folder.descriptor))
        var status = stat()
        #expect(stat(sandbox.root, &status) == 0 && status.st_mode & 0o777 == 0o750)
    }
}
