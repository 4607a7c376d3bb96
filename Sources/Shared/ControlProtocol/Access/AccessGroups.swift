/// The groups of this machine whose members may ask.
package enum AccessGroups {
    /// Its members are users.
    package static let user = "finetuned"
    /// Its members are admins.
    package static let admin = "finetuned-admin"
}
