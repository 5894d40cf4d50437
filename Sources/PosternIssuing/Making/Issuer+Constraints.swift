// Whether an issuer may give out a name at all: a certificate that no verifier would take is not issued.

import PosternCore
import PosternX509

extension Issuer {
    /// False where others would take the common name for a DNS name that is outside of the constraints:
    /// openssl does so with an IPv4 address.
    package func canHaveCommonName(_ names: borrowing NameList) -> Bool {
        guard extensions.nameConstraints != nil else { return true }
        return names.withCommonName { IPAddress($0) == nil }
    }

    /// Refuses names that its certificate forbids it.
    func checkConstraints(_ content: TBSCertificate) throws(OperatorError) {
        guard let constraints = extensions.nameConstraints else { return }
        var names = DERReader(content.alternativeNames)
        while let name = try? names.next() {
            guard allows(name, constraints) else {
                throw OperatorError { line in
                    line.append("issuer '")
                    line.append(file)
                    line.append("' may not issue the name ")
                    line.append(PresentedName(name))
                    line.append(" (name constraints); leave it out, or take another authority")
                }
            }
        }
        guard (try? constraints.allow(subject: content.subject, alternativeNames: nil)) == true else {
            throw OperatorError(
                usage: "issuer", file,
                "may not issue this subject (name constraints); take another authority")
        }
    }

    private func allows(_ name: DERElement, _ constraints: NameConstraints) -> Bool {
        var memory = InlineArray<2100, UInt8>(repeating: 0)
        return withUnsafeMutableBytes(of: &memory) { memory in
            var nobody = DERWriter(UnsafeMutableRawBufferPointer(rebasing: memory[..<16]))
            nobody.name(commonName: UnsafeRawBufferPointer(start: nil, count: 0))
            var one = DERWriter(UnsafeMutableRawBufferPointer(rebasing: memory[16...]))
            one.constructed(DERTag.sequence) { $0.append(name.whole) }
            return (try? constraints.allow(subject: nobody.bytes, alternativeNames: one.bytes)) ?? false
        }
    }
}
