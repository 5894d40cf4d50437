// The names that a certificate or a request is to have: gathered one by one, each once, kept as GeneralName
// after GeneralName in DER.

import PosternCore

public struct NameList: ~Copyable {
    /// Room for about eighty names of ordinary length. Every handshake sends them over the wire.
    public static let bytesMax = 2_048

    private var bytes = InlineArray<2048, UInt8>(repeating: 0)
    private var used = 0
    private var subject = InlineArray<256, UInt8>(repeating: 0)
    private var hasGivenSubject = false
    private var subjectUsed = 0
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 && subjectUsed == 0 }

    /// Adds a name. The first one that fits becomes the common name; without one there is none. A name that
    /// is there already is not added again. False when the list is full.
    public mutating func append(_ name: GeneralName) -> Bool {
        if subjectUsed == 0, name.text.count <= CommonName.charactersMax { setSubject(name.text) }
        return name.withContent { content in append(tag: name.tag, content) }
    }

    /// Sets the common name to one that is no alternative name (CommonName.isName). False when there is one
    /// already.
    public mutating func append(commonName: UnsafeRawBufferPointer) -> Bool {
        guard !hasGivenSubject else { return false }
        hasGivenSubject = true
        setSubject(commonName)
        return true
    }

    private mutating func setSubject(_ text: UnsafeRawBufferPointer) {
        for index in 0..<text.count { subject[index] = text[index] }
        subjectUsed = text.count
    }

    /// Adds the 4 or 16 bytes of an address.
    public mutating func append(address: UnsafeRawBufferPointer) -> Bool {
        if subjectUsed == 0, let address = IPAddress(bytes: address) {
            var text = Line()
            text.append(address)
            subjectUsed = text.count
            text.withTerminatedBytes { bytes in
                for index in 0..<subjectUsed { subject[index] = bytes[index] }
            }
        }
        return append(tag: PresentedName.addressTag, address)
    }

    /// Adds a name of a request or a certificate.
    public mutating func append(_ name: PresentedName) -> Bool { append(tag: name.tag, name.content) }

    private mutating func append(tag: UInt8, _ content: UnsafeRawBufferPointer) -> Bool {
        let first = used
        let end = withUnsafeMutableBytes(of: &bytes) { bytes -> Int? in
            var writer = DERWriter(UnsafeMutableRawBufferPointer(rebasing: bytes[first...]))
            writer.primitive(tag, content)
            guard !writer.hasOverflown else { return nil }
            var reader = DERReader(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<first]))
            while let present = try? reader.next() {
                if hasSameBytes(present.whole, writer.bytes) { return first }
            }
            return first + writer.count
        }
        guard let end else { return false }
        if end > first { count += 1 }
        used = end
        return true
    }

    /// Calls `body` with GeneralName after GeneralName.
    public borrowing func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBytes(of: bytes) { bytes throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<used]))
        }
    }

    /// Calls `body` with the common name; it is empty where all names are too long for one.
    public borrowing func withCommonName<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: subject) { body(UnsafeRawBufferPointer(rebasing: $0[..<subjectUsed])) }
    }

    /// Calls `body` with the common name, or the first name where all are too long for that.
    public borrowing func withDisplayName<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withCommonName { name in
            guard name.isEmpty else { return body(name) }
            return withBytes { bytes in
                var reader = DERReader(bytes)
                return body((try? reader.next().content) ?? name)
            }
        }
    }

    /// Whether these are the names of a certificate, in whatever order. `generalNames` is the value of its
    /// subjectAltName extension.
    public borrowing func isSame(as generalNames: UnsafeRawBufferPointer) -> Bool {
        guard var names = try? PresentedNames(generalNames) else { return false }
        var found = 0
        while true {
            do throws(DERError) {
                guard let name = try names.next() else { return found == count }
                guard contains(name) else { return false }
                found += 1
            } catch {
                return false
            }
        }
    }

    private borrowing func contains(_ name: PresentedName) -> Bool {
        withBytes { bytes in
            var reader = DERReader(bytes)
            while let present = try? reader.next() {
                if present.tag == name.tag, hasSameBytes(present.content, name.content) { return true }
            }
            return false
        }
    }
}
