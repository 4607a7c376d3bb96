import ArgumentParser
import ControlGroups
import Foundation
import Launching
import Logging
import Monitoring
import Nouns
import Places
import Platform
import Settings
import Systemd

/// The daemon's command line.
@main
struct Finetuned: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finetuned",
        abstract: "Keeps fine-tuned language models current: watches folders, fine-tunes, judges, promotes.",
        discussion: """
            Exit status: 0 after SIGTERM or Ctrl-C, 1 when it cannot run, 64 for a wrong command line, 75 when \
            another daemon has the root, 78 when
            finetuned.toml has a fault and no sound one was ever read.
            `ftctl` talks to it; `ftctl status` says how it is.
            """, version: BuildVersion.text)

    @Option(help: "Folder that takes the place of /: DIR/etc, DIR/var and DIR/run are used.")
    var root = "/"

    /// Confines itself and becomes another program, where that is what it was started for: before anything else, with
    /// one thread.
    static func main() async {
        if CommandLine.arguments.dropFirst().first == Confinement.verb {
            ControlGroups.enterPrograms(OwnKernelFiles())
            Foundation.exit(Landlock.become(Array(CommandLine.arguments.dropFirst(2))))
        }
        await main(nil)
    }

    /// Has glibc keep two heaps instead of eight a core. Each stage has a thread of its own, and what one of them has
    /// freed no other would take: half of a daemon with a long history was such memory.
    private func boundHeaps() {
        typealias Mallopt = @convention(c) (_ parameter: Int32, _ value: Int32) -> Int32
        let (mostHeaps, two): (Int32, Int32) = (-8, 2)  // M_ARENA_MAX of malloc.h, which Swift's Glibc leaves out
        guard let mallopt = dlsym(nil, "mallopt") else { return }
        _ = unsafeBitCast(mallopt, to: Mallopt.self)(mostHeaps, two)
    }

    func run() async throws {
        Descriptors.raiseLimit()
        boundHeaps()
        let layout = Layout(root: URL(filePath: root).standardizedFileURL.path)
        do { try layout.checkSocket() } catch let failure as Failure {
            throw ValidationError("\(failure)")
        }
        let settings = SettingsFolder.readAtStart(layout)
        let meters = Meters()
        Logs.bootstrap(Logger.Level(rawValue: settings.daemon.logLevel) ?? .info) { level in
            if level >= .warning { meters.count(.records, level.rawValue) }
        }
        let logger = Logger(label: "finetuned")
        logger.info(
            "finetuned \(BuildVersion.text) starts on \(layout.root.isEmpty ? "/" : layout.root)",
            metadata: ["event": "daemon.starting"])
        // The daemon's own settings decide over memory and disk: with a fault in them it would do what nobody asked
        // for. Where it has run before, what was in force then is.
        let faults = settings.problems(of: layout.daemonSettings)
        guard faults.isEmpty || settings.keptDaemon else {
            for fault in faults { logger.critical("\(fault)", metadata: ["event": "daemon.failed"]) }
            throw ExitCode(78)
        }
        do {
            try await Daemon(layout: layout, settings: settings, meters: meters, logger: logger).run()
        } catch let failure as Failure {
            logger.critical("\(failure)", metadata: ["event": "daemon.failed"])
            throw ExitCode(
                failure.code == "daemon.running" ? 75 : failure.code.hasPrefix("settings.") ? 78 : 1)
        } catch let failure as FileFailure {
            logger.critical("\(failure)", metadata: ["event": "daemon.failed"])
            throw ExitCode(1)
        }
    }
}
