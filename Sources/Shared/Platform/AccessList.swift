import CPlatform
import Foundation

/// A POSIX access control list: who may do what with a file or folder beside its owner. Rights are bits: read 4, write
/// 2, and 1 for entering a folder.
package struct AccessList: Hashable, Sendable {
    /// What the owner may.
    package var owner: UInt16
    /// What the file's own group may.
    package var group: UInt16
    /// What certain users may, by number.
    package var users: [UInt32: UInt16]
    /// What the members of certain groups may, by number.
    package var groups: [UInt32: UInt16]

    /// Everybody else may nothing.
    package init(owner: UInt16, group: UInt16 = 0, users: [UInt32: UInt16] = [:], groups: [UInt32: UInt16] = [:]) {
        self.owner = owner
        self.group = group
        self.users = users
        self.groups = groups
    }

    /// Which list of a folder is meant.
    package enum Kind: String, Sendable {
        /// Who may do what with it.
        case access = "system.posix_acl_access"
        /// What is made in it begins with.
        case inherited = "system.posix_acl_default"
    }

    /// Gives it to what lies at a path. Throws a ``FileFailure``.
    package func set(on path: String) throws {
        let status = bytes.withUnsafeBytes {
            ft_set_attribute(path, Kind.access.rawValue, $0.baseAddress, $0.count)
        }
        guard status == 0 else { throw FileFailure("say who may use it", path, errno: errno) }
    }

    /// Gives it to what is open.
    ///
    /// Throws a ``FileFailure`` that names `path`.
    package func set(_ kind: Kind, on descriptor: Int32, path: String) throws {
        let status = bytes.withUnsafeBytes {
            ft_set_attribute_of(descriptor, kind.rawValue, $0.baseAddress, $0.count)
        }
        guard status == 0 else { throw FileFailure("say who may use it", path, errno: errno) }
    }

    /// Whether what is open has exactly this list.
    package func isSet(_ kind: Kind, on descriptor: Int32) -> Bool {
        var found = [UInt8](repeating: 0, count: bytes.count + 1)
        let count = ft_get_attribute_of(descriptor, kind.rawValue, &found, found.count)
        return count == bytes.count && Data(found.prefix(bytes.count)) == bytes
    }

    /// As <linux/posix_acl_xattr.h> has it: a version, then entries of tag, rights and number, in the order of tags and
    /// numbers.
    private var bytes: Data {
        let most = (Array(users.values) + Array(groups.values)).reduce(group, |)
        var list = Data()
        Self.append(UInt32(2), to: &list)
        func entry(_ tag: UInt16, _ rights: UInt16, _ id: UInt32 = .max) {
            Self.append(tag, to: &list)
            Self.append(rights, to: &list)
            Self.append(id, to: &list)
        }
        entry(0x01, owner)
        for (id, rights) in users.sorted(by: { $0.key < $1.key }) { entry(0x02, rights, id) }
        entry(0x04, group)
        for (id, rights) in groups.sorted(by: { $0.key < $1.key }) { entry(0x08, rights, id) }
        if !users.isEmpty || !groups.isEmpty { entry(0x10, most) }
        entry(0x20, 0)
        return list
    }

    private static func append(_ number: some FixedWidthInteger, to data: inout Data) {
        withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
    }
}
