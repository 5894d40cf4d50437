// Which of the names that a request asks for go into the certificate: with --allow those that one of its
// names or wildcards permits, and what is left out is said; without it all of them but wildcards, since an
// operator who means one says so. A name of a kind that is not issued is never taken: without --allow that
// refuses the request.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternX509

struct RequestedNames {
    let file: Text
    let options: CertificateOptions
    let profile: CertificateProfile

    func permitted(_ request: CertificateRequest) throws(OperatorError) -> NameList {
        try checkAllowed()
        var names = NameList()
        let extensions = CertificateExtensions(request.extensions)
        guard !extensions.faults.contains(.badEncoding) else {
            throw OperatorError(
                usage: "request file", file,
                "has an extension that cannot be read; give the names with --name")
        }
        var hasAlternativeNames = false
        if let requested = extensions.alternativeNames, var reader = try? PresentedNames(requested) {
            while let name = try? reader.next() {
                hasAlternativeNames = true
                try add(name, to: &names)
            }
        }
        let commonName = DistinguishedName.commonName(of: request.subject)
        if CommonName.isName(commonName) {
            try add(commonName: commonName, isOnlyName: !hasAlternativeNames, to: &names)
        } else if !hasAlternativeNames, let name = GeneralName(commonName) {
            // An old way to ask.
            var memory = InlineArray<300, UInt8>(repeating: 0)
            try withUnsafeMutableBytes(of: &memory) { memory throws(OperatorError) in
                var writer = DERWriter(memory)
                name.withContent { writer.primitive(name.tag, $0) }
                var reader = DERReader(writer.bytes)
                if let element = try? reader.next() { try add(PresentedName(element), to: &names) }
            }
        }
        guard !names.isEmpty else {
            throw OperatorError(
                usage: "request file", file,
                "asks for no name that is permitted; permit more with --allow, or give --name")
        }
        return names
    }

    private func add(_ name: PresentedName, to names: inout NameList) throws(OperatorError) {
        guard isName(name) else {
            guard !options.allowed.isEmpty else { throw notIssued(name) }
            return leaveOut(", which cannot be issued") { $0.append(name) }
        }
        guard try isPermitted(name) else {
            return leaveOut(", which no --allow permits") { $0.append(name) }
        }
        let isAdded =
            name.tag == PresentedName.addressTag
            ? names.append(address: name.content) : append(name, to: &names)
        guard isAdded else {
            throw OperatorError(
                usage: "request file", file, "asks for too many names; give fewer with --name")
        }
    }

    /// A server is never looked for by such a name, so it is passed over there, unless there is no other.
    private func add(
        commonName: UnsafeRawBufferPointer, isOnlyName: Bool, to names: inout NameList
    ) throws(OperatorError) {
        guard profile == .client else {
            guard isOnlyName else { return }
            throw OperatorError { line in
                line.append("request file '")
                line.append(file)
                line.append("' asks for the common name '")
                line.append(foreign: commonName.bindMemory(to: UInt8.self))
                line.append(
                    "' alone, which only clients have; give --profile client, or other names with --name")
            }
        }
        var isPermitted = options.allowed.isEmpty
        for index in 0..<options.allowed.count
        where NameSyntax.isSameIgnoringCase(UnsafeRawBufferPointer(options.allowed[index].bytes), commonName)
        {
            isPermitted = true
        }
        guard isPermitted else {
            return leaveOut(", which no --allow permits") { line in
                line.append("CN=")
                line.append(foreign: commonName.bindMemory(to: UInt8.self))
            }
        }
        _ = names.append(commonName: commonName)
    }

    private func leaveOut(_ why: Text, _ compose: (inout Line) -> Void) {
        StandardOutput.write { line in
            line.append("left out: ")
            compose(&line)
            line.append(why)
        }
    }

    private func append(_ name: PresentedName, to names: inout NameList) -> Bool {
        guard let name = GeneralName(name.content) else { return false }
        return names.append(name)
    }

    /// Of a kind that an operator can write, and written so.
    private func isName(_ name: PresentedName) -> Bool {
        if name.tag == PresentedName.addressTag { return IPAddress(bytes: name.content) != nil }
        guard let written = GeneralName(name.content) else { return false }
        return written.tag == name.tag
    }

    private func isPermitted(_ name: PresentedName) throws(OperatorError) -> Bool {
        if options.allowed.isEmpty {
            guard name.tag != PresentedName.dnsTag || name.content.first != UInt8(ascii: "*") else {
                throw OperatorError { line in
                    line.append("request file '")
                    line.append(file)
                    line.append("' asks for a wildcard, ")
                    line.append(name)
                    line.append("; permit it with --allow, or give --name")
                }
            }
            return true
        }
        for index in 0..<options.allowed.count {
            if let allowed = GeneralName(options.allowed[index]), allowed.allows(name) { return true }
        }
        return false
    }

    /// What --allow gives is a name that a certificate of this profile can have.
    private func checkAllowed() throws(OperatorError) {
        for index in 0..<options.allowed.count {
            let text = options.allowed[index]
            guard GeneralName(text) == nil else { continue }
            guard CommonName.isName(UnsafeRawBufferPointer(text.bytes)) else {
                throw OperatorError(notName: text, option: "option --allow:")
            }
            guard profile == .client else { throw OperatorError(clientsName: text, of: "allow") }
        }
    }

    private func notIssued(_ name: PresentedName) -> OperatorError {
        OperatorError { line in
            line.append("request file '")
            line.append(file)
            line.append("' asks for the name ")
            line.append(name)
            line.append(", which cannot be issued; permit the others with --allow, or give --name")
        }
    }
}
