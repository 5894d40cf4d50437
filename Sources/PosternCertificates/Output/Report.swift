// What a command says when it has written something: one line.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternX509

enum Report {
    /// FILE: NAME, and what else there is to say.
    static func write(_ file: Text, _ names: borrowing NameList, _ more: (inout Line) -> Void) {
        names.withDisplayName { name in
            StandardOutput.write { line in
                line.append(file)
                line.append(": ")
                line.append(foreign: name.bindMemory(to: UInt8.self))
                more(&line)
            }
        }
    }

    /// FILE: NAME, until 2027-12-26T11:07:57Z, serial 19e8...
    static func write(_ file: Text, _ content: TBSCertificate) {
        StandardOutput.write { line in
            line.append(file)
            line.append(": ")
            line.append(foreign: content.displayName.bindMemory(to: UInt8.self))
            line.append(", until ")
            line.append(CalendarTime(seconds: content.validity.notAfter))
            line.append(", serial ")
            withUnsafeBytes(of: content.serial) { line.append(serial: $0) }
        }
    }
}
