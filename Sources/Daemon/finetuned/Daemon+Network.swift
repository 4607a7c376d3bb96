import ControlAPI
import Feedback
import Launching
import Nouns
import Operations
import StageKit
import Systemd

extension Daemon {
    /// Listens over TCP where that is set up. What keeps it from doing so is a problem, and the daemon goes on: its own
    /// socket answers.
    func openNetwork(_ descriptors: ListenDescriptors, _ context: StageContext) -> NetworkListener? {
        let adopted = descriptors.networkListener(named: "api")
        guard !settings.isFromCopies || adopted == nil && settings.daemon.api.listen == nil else {
            return refuse(
                Failure(
                    code: "api.copies", "Nothing is offered over TCP by settings that come from a copy.",
                    at: layout.daemonSettings, remedy: "Mend finetuned.toml, and start the daemon anew."), context)
        }
        do {
            guard let network = try NetworkListener(settings.daemon.api, adopted: adopted) else { return nil }
            logger.notice(
                "The API is offered on \(network.description)", metadata: ["event": "api.listening"])
            if network.needsTokens(settings.daemon.api), try context.ledger.tokens().isEmpty {
                context.problems.set(TokenOperations.problem, TokenOperations.noTokens)
            }
            return network
        } catch { return refuse(StageContext.failure(error, code: "api.listen"), context) }
    }

    private func refuse(_ failure: Failure, _ context: StageContext) -> NetworkListener? {
        context.problems.set("api", failure)
        logger.error("\(failure)", metadata: ["event": "daemon.unhealthy"])
        return nil
    }

    /// Says where the kernel cannot hold the daemon's programs to what they may.
    private func announceConfinement() {
        guard !Confinement.isEnforced else { return }
        logger.warning(
            """
            Hooks, evaluators, workers and engines are confined by the unit alone, since this kernel has no Landlock, \
            or the service may not use it
            """, metadata: ["event": "sandbox.partial"])
    }

    /// Puts in order what belongs to whom, and says once, after the upgrade from a version without roles, what is for
    /// admins now.
    func settleAccess(_ context: StageContext, _ answers: CompletionStore) {
        announceConfinement()
        do { try Owners(context, answers: answers).settle() } catch {
            // Nobody gets what is not his; the next start tries again.
            logger.warning("What belongs to whom could not be looked at: \(error)", metadata: ["event": "stage.failed"])
        }
        guard let upgrade = context.ledger.upgrade, upgrade.isFromBeforeRoles else { return }
        logger.notice("\(RoleNews.text)", metadata: ["event": "access.changed"])
    }
}
