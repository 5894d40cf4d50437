// Users and groups: who the process is once it no longer needs root.

import CLinux
import PosternCore

public struct Account: Sendable {
    let user: UInt32
    let group: UInt32

    /// Looks names or numbers up in /etc/passwd and /etc/group; nil when neither is given. A number need not
    /// be there.
    public static func named(user: Text?, group: Text?) throws(OperatorError) -> Account? {
        guard user != nil || group != nil else { return nil }
        var ids = (user: clinux_account_user(), group: clinux_account_group())
        if let user {
            let found = try find(user, "user", in: "/etc/passwd", option: "--user")
            ids.user = found.id
            if let own = found.group {
                ids.group = own
            } else if group == nil {
                throw OperatorError(
                    usage: "user", user, "has no group in /etc/passwd; give one with --group")
            }
        }
        if let group { ids.group = try find(group, "group", in: "/etc/group", option: "--group").id }
        return Account(user: ids.user, group: ids.group)
    }

    /// Becomes this user, in no group but this one, for good.
    public func become() throws(OperatorError) {
        // A process that already is this user needs no privileges, unless it has some to drop.
        if clinux_account_user() != 0, clinux_account_is(user, group) != 0 { return }
        let result = clinux_account_become(user, group)
        guard result == 0 else {
            let fault = SystemError(doing: .givingUpRights, code: result)
            throw OperatorError(fault) { line in
                line.append("cannot become user ")
                line.append(user)
                line.append(" of group ")
                line.append(group)
                line.append(": ")
                line.append(fault.text)
                line.append("; start as root, or without --user and --group")
            }
        }
    }

    private static let none = UInt32.max

    private static func find(
        _ name: Text, _ kind: Text, in file: Text, option: Text
    ) throws(OperatorError) -> (id: UInt32, group: UInt32?) {
        var ids = (none, none)
        let result = withUnsafeMutablePointer(to: &ids) { ids in
            clinux_account_find(
                file.zeroTerminated, name.zeroTerminated,
                UnsafeMutableRawPointer(ids).assumingMemoryBound(to: UInt32.self))
        }
        if result == 1 { return (ids.0, ids.1 == none ? nil : ids.1) }
        // The highest one stands for none.
        if let number = name.number(upTo: UInt64(widening: none - 1)) {
            return (UInt32(truncatingIfNeeded: number), nil)
        }
        let fault = result < 0 ? SystemError(doing: .readingFile, code: result) : nil
        throw OperatorError(mayPass: fault?.mayPass ?? false) { line in
            line.append(kind)
            line.append(" '")
            line.append(name)
            line.append("' is not to be found in ")
            line.append(file)
            if let fault {
                line.append(" (")
                line.append(fault.text)
                line.append(")")
            }
            line.append("; add it there, or give another one or a number with ")
            line.append(option)
        }
    }
}
