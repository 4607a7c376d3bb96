import CPlatform
import Foundation

/// Who may connect to a socket beside its owner and its group.
package enum SocketRights {
    /// Lets the members of a further group connect, by an access control list. Throws a FileFailure.
    package static func admit(group: UInt32, to path: String) throws {
        var list = Data()
        append(2, to: &list)
        // <linux/posix_acl.h>: owner, group, that group, the most that groups get, everybody else.
        for (tag, rights, id) in [
            (0x01, 6, UInt32.max), (0x04, 6, .max), (0x08, 6, group), (0x10, 6, .max), (0x20, 0, .max),
        ] as [(UInt16, UInt16, UInt32)] {
            append(tag, to: &list)
            append(rights, to: &list)
            append(id, to: &list)
        }
        let status = list.withUnsafeBytes {
            ft_set_attribute(path, "system.posix_acl_access", $0.baseAddress, $0.count)
        }
        guard status == 0 else { throw FileFailure("let a group connect to it", path, errno: errno) }
    }

    private static func append(_ number: some FixedWidthInteger, to data: inout Data) {
        withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
    }

    private static func append(_ version: Int, to data: inout Data) { append(UInt32(version), to: &data) }
}
