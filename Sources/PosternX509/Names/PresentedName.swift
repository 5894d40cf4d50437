// A name that a certificate presents: one GeneralName (RFC 5280, section 4.2.1.6), and how they are walked.

import PosternCore

public struct PresentedName {
    public static let otherNameTag = DERTag.contextConstructed(0)
    public static let emailTag = DERTag.context(1)
    public static let dnsTag = DERTag.context(2)
    static let x400Tag = DERTag.contextConstructed(3)
    public static let directoryTag = DERTag.contextConstructed(4)
    static let ediPartyTag = DERTag.contextConstructed(5)
    public static let uriTag = DERTag.context(6)
    public static let addressTag = DERTag.context(7)
    public static let registeredTag = DERTag.context(8)

    public let tag: UInt8
    /// Text, address bytes, or for a directory name the Name in DER. It is untrusted.
    public let content: UnsafeRawBufferPointer

    public init(_ element: DERElement) {
        tag = element.tag
        content = element.content
    }

    /// Of no kind: what memory for names holds at first.
    public static var none: PresentedName { PresentedName() }

    private init() {
        tag = 0
        content = UnsafeRawBufferPointer(start: nil, count: 0)
    }
}

/// The names of one SEQUENCE OF GeneralName, one after the other.
public struct PresentedNames {
    private var reader: DERReader

    /// `generalNames` is the whole SEQUENCE, as in the value of the subjectAltName extension.
    public init(_ generalNames: UnsafeRawBufferPointer) throws(DERError) {
        reader = try DERElement.only(DERTag.sequence, in: generalNames).reader
    }

    /// Nil at the end.
    public mutating func next() throws(DERError) -> PresentedName? {
        reader.isEmpty ? nil : PresentedName(try reader.next())
    }

    /// Whether one of the names is the one that is looked for.
    public consuming func cover(_ name: GeneralName) throws(DERError) -> Bool {
        while let presented = try next() {
            if name.isCovered(by: presented) { return true }
        }
        return false
    }
}

extension CertificateExtensions {
    /// Alternative names up to the first that does not parse, which is a fault of the certificate.
    public func forEachName(_ body: (PresentedName) -> Void) {
        guard let alternativeNames, var reader = try? PresentedNames(alternativeNames) else { return }
        while let name = try? reader.next() { body(name) }
    }
}

extension Line {
    /// DNS:board.local, IP:192.0.2.1, email:a@b.c, URI:...; a directory name as its distinguished name;
    /// otherName:1.3.6.1.4.1.311.20.2.3:alice@corp.example, where the number says what kind it is.
    public mutating func append(_ name: PresentedName) {
        switch name.tag {
        case PresentedName.dnsTag: append("DNS:")
        case PresentedName.emailTag: append("email:")
        case PresentedName.uriTag: append("URI:")
        case PresentedName.addressTag:
            append("IP:")
            if let address = IPAddress(bytes: name.content) {
                append(address)
                return
            }
        case PresentedName.directoryTag:
            append("directory:")
            append(distinguishedName: name.content)
            return
        case PresentedName.registeredTag:
            append("registeredID:")
            append(objectIdentifier: name.content)
            return
        case PresentedName.otherNameTag:
            append("otherName:")
            append(otherName: name.content)
            return
        default:
            append("other:")
            append(hexadecimal: name.content)
            return
        }
        name.content.withMemoryRebound(to: UInt8.self) { append(foreign: $0) }
    }

    /// The kind, and the value as text where it is some (RFC 5280, section 4.2.1.6).
    private mutating func append(otherName content: UnsafeRawBufferPointer) {
        var reader = DERReader(content)
        guard let kind = try? reader.next(DERTag.objectIdentifier).content,
            let explicit = try? reader.next(DERTag.contextConstructed(0))
        else { return append(hexadecimal: content) }
        append(objectIdentifier: kind)
        append(":")
        var inner = explicit.reader
        guard let value = try? inner.next(), AttributeText.isText(value.tag) else {
            return append(hexadecimal: explicit.content)
        }
        value.content.withMemoryRebound(to: UInt8.self) { append(foreign: $0) }
    }
}
