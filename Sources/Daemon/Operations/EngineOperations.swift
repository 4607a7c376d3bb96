import ControlProtocol
import EngineChecks
import Foundation
import Launching
import Nouns
import Settings
import StageKit
import Supervision

/// What people ask about the engines that train.
package struct EngineOperations: Sendable {
    let context: StageContext
    let supervision: SupervisionService
    /// What the engines say of themselves (nil: nobody can be asked).
    let roster: EngineRoster?
    let desk: ServiceDesk

    /// The daemon's own worker first, then those of the files.
    package func list() async -> [EngineSummary] {
        let settings = context.settings.now
        var engines = [await summary(Self.worker(settings), settings)]
        for profile in settings.engines { engines.append(await summary(profile, settings)) }
        return engines
    }

    /// Throws a Failure (`engine.unknown`) where no sound file describes the engine.
    package func show(_ name: EngineName) async throws -> EngineSummary {
        let settings = context.settings.now
        if name.rawValue == EngineProfile.builtin { return await summary(Self.worker(settings), settings) }
        guard let profile = settings.engine(name) else { throw settings.unknownEngine(name, at: name.rawValue) }
        return await summary(profile, settings)
    }

    /// Tries an engine on a tiny model, rule by rule. It waits for its turn, and for memory.
    ///
    /// Throws a Failure: `engine.unknown`, or what keeps it from being tried at all.
    package func check(_ name: EngineName) async throws -> EngineCheckAnswer {
        let settings = context.settings.now
        var profile = Self.worker(settings)
        if name.rawValue != EngineProfile.builtin {
            guard let own = settings.engine(name) else { throw settings.unknownEngine(name, at: name.rawValue) }
            profile = own
        }
        guard let roster else {
            throw Failure(
                code: "engine.unasked", "Nobody can be asked.", at: name.rawValue, remedy: "Start the daemon.")
        }
        return try await desk.serve { [profile] in
            let began = ContinuousClock.now
            let folder = context.layout.scratch("check-\(name)-\(UUID().uuidString.prefix(8))")
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let check = EngineCheck(
                profile, roster: roster, folder: folder, threads: settings.daemon.workerThreads,
                silence: .seconds(settings.daemon.workerSilenceSeconds))
            return EngineCheckAnswer(
                engine: name, findings: try await check.findings(),
                seconds: began.duration(to: .now) / .seconds(1))
        }
    }

    /// Every pipeline without an engine of its own is trained by it.
    private static func worker(_ settings: SettingsFolder) -> EngineProfile {
        var profile = EngineProfile(name: EngineName(EngineProfile.builtin), file: "")
        (profile.program, profile.slots) = (EngineProfile.builtin, settings.daemon.computeSlots)
        return profile
    }

    private func summary(_ profile: EngineProfile, _ settings: SettingsFolder) async -> EngineSummary {
        let own: EngineName? = profile.file.isEmpty ? nil : profile.name
        var summary = EngineSummary(
            name: profile.name, program: profile.program, file: profile.file.isEmpty ? nil : profile.file,
            launcher: profile.launcher, ranks: profile.ranks, precision: profile.precision.rawValue,
            quantise: profile.quantise.rawValue, parallel: profile.parallel.rawValue, slots: profile.slots,
            used: supervision.places[own] ?? 0,
            pipelines: settings.pipelines.filter { $0.engine == own }.map(\.name))
        do { summary.description = try await roster?.description(of: profile) } catch {
            summary.problem = StageContext.failure(error, code: "engine.no_description")
        }
        return summary
    }
}
