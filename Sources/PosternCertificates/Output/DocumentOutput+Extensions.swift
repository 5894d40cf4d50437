// The extensions of a certificate that bind it, as postern certificate show prints them: each only where it
// is written, because what is absent binds nothing. Called by DocumentOutput.

import PosternCore
import PosternX509

extension DocumentOutput {
    @inline(never) mutating func constraints(_ extensions: CertificateExtensions) {
        if extensions.isAuthority { flag("authority") }
        if let length = extensions.pathLength { number("pathLength", Int64(widening: length)) }
        if let usage = extensions.keyUsage {
            begin("keyUsage")
            for index in 0..<8 {
                if let name = usage.name(index) { element("keyUsage") { $0.append(name) } }
            }
            endList()
        }
        if let purposes = extensions.purposes {
            begin("purposes")
            if purposes.server { element("purposes") { $0.append("serverAuth") } }
            if purposes.client { element("purposes") { $0.append("clientAuth") } }
            if purposes.any { element("purposes") { $0.append("anyExtendedKeyUsage") } }
            if purposes.other { element("purposes") { $0.append("other") } }
            endList()
        }
        guard let constraints = extensions.nameConstraints else { return }
        subtrees("permitted", constraints, isExcluded: false)
        subtrees("excluded", constraints, isExcluded: true)
    }

    private mutating func subtrees(_ name: Text, _ constraints: NameConstraints, isExcluded: Bool) {
        begin(name)
        constraints.forEachSubtree(isExcluded: isExcluded) { base in
            element(name) { $0.append(subtree: base) }
        }
        endList()
    }
}

extension CertificateExtensions.KeyUsage {
    /// Of a bit, counted as RFC 5280, section 4.2.1.3, does; nil where it is not set.
    fileprivate func name(_ index: Int) -> Text? {
        guard has(index) else { return nil }
        return switch index {
        case 0: "digitalSignature"
        case 1: "contentCommitment"
        case 2: "keyEncipherment"
        case 3: "dataEncipherment"
        case 4: "keyAgreement"
        case 5: "keyCertSign"
        case 6: "cRLSign"
        default: "encipherOnly"
        }
    }
}

extension Line {
    /// IP:192.168.0.0/16, or the mask as an address where it is no prefix; other names as themselves.
    fileprivate mutating func append(subtree base: PresentedName) {
        let half = base.content.count / 2
        guard base.tag == PresentedName.addressTag,
            let address = IPAddress(bytes: UnsafeRawBufferPointer(rebasing: base.content[..<half])),
            let mask = IPAddress(bytes: UnsafeRawBufferPointer(rebasing: base.content[half...]))
        else { return append(base) }
        append("IP:")
        append(address)
        append("/")
        var prefix = 0
        while prefix < 8 * half, base.content[half + prefix / 8] & 0x80 &>> UInt8(prefix % 8) != 0 {
            prefix += 1
        }
        var ones = 0
        for byte in base.content[half...] { ones += byte.nonzeroBitCount }
        if ones == prefix { append(prefix) } else { append(mask) }
    }
}
