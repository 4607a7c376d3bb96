/// Somebody who asks: whose things are his, what he may do, and how he is called on the record.
package struct Principal: Hashable, Sendable {
    /// What his things are marked with: `uid:` and a number, `token:` and an identifier, or `loopback`. Names of users
    /// come and go; this stays.
    package let owner: String
    /// For people: the user's name, or the token's.
    package let name: String
    package let role: Role
    /// The user's number, where the kernel says who it is.
    package let user: UInt32?
    /// The process that asks, where it is on this machine.
    package let process: Int32?

    package init(owner: String, name: String, role: Role, user: UInt32? = nil, process: Int32? = nil) {
        self.owner = owner
        self.name = name
        self.role = role
        self.user = user
        self.process = process
    }

    /// Whether what belongs to `owner` exists for him at all. What belongs to nobody is everybody's to see.
    package func sees(_ owner: String?) -> Bool { owner == nil || owns(owner) }

    /// Whether he may change what belongs to `owner`. What belongs to nobody is for admins.
    package func owns(_ owner: String?) -> Bool { role == .admin || owner == self.owner }
}
