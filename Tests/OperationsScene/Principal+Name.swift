import ControlProtocol

/// People of the tests: `root` is an admin, everybody else a user.
extension Principal: ExpressibleByStringLiteral {
    package init(stringLiteral name: String) {
        self.init(owner: "test:\(name)", name: name, role: name == "root" ? .admin : .user)
    }
}
