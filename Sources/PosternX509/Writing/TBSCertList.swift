// What is signed of a certificate revocation list of version 2 (RFC 5280, section 5.1), written in DER.
// Mbed TLS has no writer for these.

import PosternCore

/// A revoked certificate as the list has it.
public struct RevokedCertificate {
    /// A positive number, big-endian.
    public let serial: UnsafeRawBufferPointer
    /// When it was revoked, in seconds since 1970.
    public let time: Int64
    public let reason: RevocationReason

    public init(serial: UnsafeRawBufferPointer, time: Int64, reason: RevocationReason) {
        self.serial = serial
        self.time = time
        self.reason = reason
    }
}

public struct TBSCertList {
    /// The issuer's subject, a Name in DER.
    public var issuer: UnsafeRawBufferPointer
    /// Now, and when the next list will be there at the latest, in seconds since 1970.
    public var thisUpdate: Int64
    public var nextUpdate: Int64
    /// Larger than that of the list before.
    public var number: UInt32
    /// The issuer's subject key identifier; empty when it has none.
    public var authorityKeyIdentifier: UnsafeRawBufferPointer

    public init(
        issuer: UnsafeRawBufferPointer, thisUpdate: Int64, nextUpdate: Int64, number: UInt32,
        authorityKeyIdentifier: UnsafeRawBufferPointer
    ) {
        self.issuer = issuer
        self.thisUpdate = thisUpdate
        self.nextUpdate = nextUpdate
        self.number = number
        self.authorityKeyIdentifier = authorityKeyIdentifier
    }

    /// Bytes that a list takes at most, beside the issuer's Name and its key identifier.
    public static func bytesMax(entries: Int) -> Int { 1_024 + entries * Limits.revocationEntryBytes }

    /// The TBSCertList. `forEach` calls its argument with each revoked certificate.
    public func write(
        to writer: inout DERWriter, _ algorithm: SignatureAlgorithm, isEmpty: Bool,
        forEach: ((RevokedCertificate) -> Void) -> Void
    ) {
        writer.constructed(DERTag.sequence) { fields in
            fields.unsignedInteger(UInt32(1))  // version 2
            fields.append(algorithm)
            fields.append(issuer)
            fields.time(CalendarTime(seconds: thisUpdate))
            fields.time(CalendarTime(seconds: nextUpdate))
            // An empty list of entries is left out.
            if !isEmpty {
                fields.constructed(DERTag.sequence) { entries in
                    forEach { TBSCertList.write($0, to: &entries) }
                }
            }
            fields.constructed(DERTag.contextConstructed(0)) { explicit in
                explicit.constructed(DERTag.sequence) { extensions in
                    if !authorityKeyIdentifier.isEmpty {
                        extensions.authorityKeyIdentifier(authorityKeyIdentifier)
                    }
                    extensions.standardExtension(20) { $0.unsignedInteger(number) }
                }
            }
        }
    }

    private static func write(_ revoked: RevokedCertificate, to writer: inout DERWriter) {
        writer.constructed(DERTag.sequence) { entry in
            entry.unsignedInteger(revoked.serial)
            entry.time(CalendarTime(seconds: revoked.time))
            // "unspecified" is said by saying nothing (section 5.3.1).
            guard revoked.reason != .unspecified else { return }
            entry.constructed(DERTag.sequence) { extensions in
                extensions.standardExtension(21) { value in
                    value.primitive(DERTag.enumerated, [revoked.reason.rawValue] as InlineArray)
                }
            }
        }
    }
}
