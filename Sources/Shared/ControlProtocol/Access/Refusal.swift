import Nouns

/// Why somebody may not do what he asks for, with the group that may and the command that adds him to it.
package enum Refusal {
    package static func failure(_ principal: Principal, _ access: EndpointAccess) -> Failure {
        if principal.role == .nobody { return stranger(principal) }
        let isAdmins = access == .administer || principal.role == .user
        let group = isAdmins ? AccessGroups.admin : AccessGroups.user
        let option = isAdmins ? "--admin" : "--use"
        let who = "members of group \(group) and tokens made with \(option)"
        let message =
            [.own, .ownPipeline].contains(access) && principal.role == .user
            ? "It is not \(principal.name)'s own, and what is somebody else's is for \(who)." : "It is for \(who)."
        let isUser = principal.owner.hasPrefix("uid:")
        return Failure(
            code: "permission.\(isAdmins ? "admin" : "user")", message, at: principal.name,
            remedy: isUser
                ? "Have an administrator run `usermod -aG \(group) \(principal.name)`, and log in again."
                : "Have an administrator run `ftctl token add NAME \(option)`, and send that token.")
    }

    private static func stranger(_ principal: Principal) -> Failure {
        if principal.owner.hasPrefix("uid:") {
            return Failure(
                code: "permission.program", "Programs that the daemon starts may not ask it.", at: principal.name,
                remedy: "Ask from outside of the daemon; a hook gets all that it needs on its standard input.")
        }
        return Failure(
            code: "token.missing", "This is asked with a token.",
            remedy: """
                Have an administrator run `ftctl token add NAME --read` (or --use, --admin), and send it as \
                `Authorization: Bearer TOKEN`.
                """)
    }
}
