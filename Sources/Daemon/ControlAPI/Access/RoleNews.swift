import ControlProtocol
import Platform

/// What members of group `finetuned` are told once, after the upgrade from a version in which they could do everything.
package enum RoleNews {
    package static var text: String { text(members: System.groupMembers(AccessGroups.user)) }

    static func text(members: [String]) -> String {
        let (users, admins) = (AccessGroups.user, AccessGroups.admin)
        let orders = ControlAPITable.all.filter { $0.access == .administer && $0.method != .get }.map(\.name)
        let names = members.isEmpty ? "" : " (\(members.joined(separator: ", ")))"
        return """
            Members of \(users)\(names) may see, drop, upload and ask, and change what is their own. What concerns \
            others is for members of \(admins) and for root from now on: starting, promoting, rolling back and \
            cancelling in pipelines of the settings, and \(orders.joined(separator: ", ")). \
            `usermod -aG \(admins) USER` lets somebody go on as before.
            """
    }
}
