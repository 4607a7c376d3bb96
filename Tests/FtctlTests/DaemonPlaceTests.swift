import Foundation
import Nouns
import Testing

@testable import ftctl

/// Which daemon is spoken to where nobody names one.
struct DaemonPlaceTests {
    /// A machine on which the files in `owners` are there.
    private static func machine(
        _ owners: [String: uid_t], at folder: String = "/home/ada/finetuned/docs", environment: [String: String] = [:]
    ) -> DaemonPlace.Surroundings {
        DaemonPlace.Surroundings(
            environment: environment, workingFolder: folder, owner: { owners[$0] }, trusted: [0, 100, 1000])
    }

    private static let sandbox = "/home/ada/finetuned/sandbox"

    @Test func theInstalledDaemonNeedsNoFlag() throws {
        let place = try DaemonPlace(root: nil, Self.machine(["/run/finetuned/finetuned.sock": 100]))
        #expect(place.socket == "/run/finetuned/finetuned.sock" && place.layout.root == "" && !place.isFound)
    }

    /// Where the working folder was removed, the system has no path for it.
    @Test(arguments: ["", "(unreachable)/srv", "."])
    func aWorkingFolderThatIsGoneHasNothingAboveIt(_ folder: String) throws {
        #expect(try DaemonPlace(root: nil, Self.machine([:], at: folder)).layout.root == "")
    }

    @Test func theSandboxAboveTheWorkingFolderNeedsNoFlagAndIsSaid() throws {
        let owners = [
            Self.sandbox + "/etc/finetuned": uid_t(1000), Self.sandbox + "/run/finetuned.sock": 1000,
            "/run/finetuned/finetuned.sock": 0,
        ]
        for folder in ["/home/ada/finetuned", "/home/ada/finetuned/docs", Self.sandbox + "/var/lib"] {
            let place = try DaemonPlace(root: nil, Self.machine(owners, at: folder))
            #expect(place.socket == Self.sandbox + "/run/finetuned.sock" && place.isFound)
        }
        #expect(try DaemonPlace(root: nil, Self.machine(owners, at: "/srv")).layout.root == "")
    }

    @Test func aSandboxWhoseDaemonIsNotThereGivesWayToTheInstalledOne() throws {
        var owners = [Self.sandbox + "/etc/finetuned": uid_t(1000), "/run/finetuned/finetuned.sock": 0]
        #expect(try DaemonPlace(root: nil, Self.machine(owners)).layout.root == "")
        owners["/run/finetuned/finetuned.sock"] = nil
        #expect(try DaemonPlace(root: nil, Self.machine(owners)).layout.root == Self.sandbox)
    }

    @Test func whatIsNamedCounts() throws {
        let owners = [Self.sandbox + "/etc/finetuned": uid_t(1000), Self.sandbox + "/run/finetuned.sock": 1000]
        let variables = ["FINETUNED_ROOT": "/srv/b", "FINETUNED_SOCKET": "/srv/s.sock"]
        let machine = Self.machine(owners, environment: variables)
        #expect(try DaemonPlace(root: "/srv/a", machine).socket == "/srv/a/run/finetuned.sock")
        #expect(try DaemonPlace(root: "../sandbox", machine).layout.root == Self.sandbox)
        let place = try DaemonPlace(root: nil, machine)
        #expect(place.socket == "/srv/s.sock" && place.layout.root == "/srv/b" && !place.isFound)
    }

    @Test func aSocketOfSomebodyElseIsRefused() throws {
        let owners = [Self.sandbox + "/etc/finetuned": uid_t(1001), Self.sandbox + "/run/finetuned.sock": 1001]
        let failure = try #require(throws: Failure.self) { try DaemonPlace(root: nil, Self.machine(owners)) }
        #expect(failure.code == "client.owner" && failure.message.contains("1001"))
        #expect(
            try DaemonPlace(root: Self.sandbox, Self.machine(owners)).layout.root == Self.sandbox, "one may name it")
    }
}
