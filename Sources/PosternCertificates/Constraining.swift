// Which names an authority may issue: --permit and --exclude of `certificate ca`, and the question whether
// an issuer may give out a name at all. A certificate that no verifier would take is not issued.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

extension CertificateOptions {
    /// The value of a NameConstraints extension (RFC 5280, section 4.2.1.10), in memory that is not given
    /// back; nil without such options. Kinds of names of which nothing is permitted are excluded, as soon
    /// as anything is: whoever permits .home does not mean any IP address.
    func nameConstraints() throws(OperatorError) -> UnsafeRawBufferPointer? {
        guard !permitted.isEmpty || !excluded.isEmpty else { return nil }
        let permits = try subtrees(permitted, "permit")
        let excludes = CertificateOptions.others(than: permits, and: try subtrees(excluded, "exclude"))
        var writer = DERWriter(try DocumentFile.allocate(CertificateOptions.constraintBytes))
        writer.constructed(DERTag.sequence) { constraints in
            if permits.count > 0 {
                constraints.constructed(DERTag.contextConstructed(0)) { list in
                    for index in 0..<permits.count { permits[index].write(to: &list) }
                }
            }
            if excludes.count > 0 {
                constraints.constructed(DERTag.contextConstructed(1)) { list in
                    for index in 0..<excludes.count { excludes[index].write(to: &list) }
                }
            }
        }
        return writer.bytes
    }

    /// Of all these subtrees, each as long as a name may be.
    private static let constraintBytes = 37 * 300

    private func subtrees(
        _ words: FixedList<16, Text>, _ option: Text
    ) throws(OperatorError) -> FixedList<16, NameSubtree> {
        var list = FixedList<16, NameSubtree>()
        for index in 0..<words.count {
            guard let subtree = NameSubtree(UnsafeRawBufferPointer(words[index].bytes)) else {
                throw OperatorError { line in
                    OptionArgument(words[index], of: option).append(to: &line)
                    line.append("is not a part of names; ")
                    line.append(NameSubtree.hint)
                }
            }
            _ = list.append(subtree)
        }
        return list
    }

    /// What is excluded, and the kinds of which nothing is permitted where anything is.
    private static func others(
        than permits: FixedList<16, NameSubtree>, and excludes: FixedList<16, NameSubtree>
    ) -> FixedList<21, NameSubtree> {
        var list = FixedList<21, NameSubtree>()
        for index in 0..<excludes.count { _ = list.append(excludes[index]) }
        guard permits.count > 0 else { return list }
        for number in 0...NameSubtree.Kind.uri.rawValue {
            guard let kind = NameSubtree.Kind(rawValue: number) else { continue }
            var isPermitted = false
            for index in 0..<permits.count where permits[index].kind == kind { isPermitted = true }
            if !isPermitted { _ = list.append(NameSubtree(allOf: kind)) }
        }
        return list
    }
}

extension Issuer {
    /// False where others would take the common name for a DNS name that is outside of the constraints:
    /// openssl does so with an IPv4 address.
    func canHaveCommonName(_ names: borrowing NameList) -> Bool {
        guard extensions.nameConstraints != nil else { return true }
        return names.withCommonName { IPAddress($0) == nil }
    }

    /// Refuses names that its certificate forbids it.
    func checkConstraints(_ content: CertificateContent) throws(OperatorError) {
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
