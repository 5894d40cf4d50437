// Which Mbed TLS is inside: what --version says of it, and whether it may be used at all. Whoever makes the
// arena asks first.

import CMbedTLS
import PosternCore

public enum TLSLibrary {
    /// Refuses a library that SECURITY.md rules out. The compiler has refused it as well; this is for what
    /// was linked afterwards.
    public static func check() throws(OperatorError) {
        let status = ctls_library_check(ctls_library_version())
        guard status != CTLS_LIBRARY_OK else { return }
        throw OperatorError { line in
            line.appendLibraryVersion()
            line.append(" is linked, ")
            line.append(
                status == CTLS_LIBRARY_VULNERABLE
                    ? "and lets a man in the middle be a client that resumes its session (CVE-2026-34873)"
                    : "and this program was built with another one")
            line.append("; build it with 3.6.6 or newer of 3.6, or with 2.28")
        }
    }

    /// The build could not have Debian's security updates.
    public static var lacksSecurityUpdates: Bool { ctls_library_lacks_security_updates() != 0 }
}

extension Line {
    /// What the version of the library has behind it: (Debian 3.6.6-0.1~deb13u1)
    public mutating func appendLibraryPackage() {
        guard let package = ctls_library_package() else { return }
        append(" (Debian ")
        append(Text(zeroTerminated: package))
        append(")")
    }
}
