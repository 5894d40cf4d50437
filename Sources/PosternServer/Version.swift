// The version of this release; CHANGELOG.md says what is in it.

import PosternCore
import PosternTLS

public let posternVersion: Text = "0.1.0"

/// What --version says about how this was built; nil where all is well.
public var buildWarning: Text? {
    TLSLibrary.lacksSecurityUpdates ? "warning: made without the security updates of Debian" : nil
}

extension Line {
    /// postern 0.1.0 (host), Mbed TLS 2.28.3
    public mutating func append(versionOf port: Text) {
        append("postern ")
        append(posternVersion)
        append(" (")
        append(port)
        append("), ")
        appendLibraryVersion()
    }

    /// postern 0.1.0 (amd64), Mbed TLS 3.6.6 (Debian 3.6.6-0.1~deb13u1)
    public mutating func append(versionAndPackageOf port: Text) {
        append(versionOf: port)
        appendLibraryPackage()
    }
}
