// In which form a private key in DER is: PKCS#8 (RFC 5958), encrypted or not, SEC1 (RFC 5915) or PKCS#1
// (RFC 8017). Looked at before the library reads it, for what it would not name; the key itself is not
// looked at.

import PosternCore

public enum PrivateKeyForm: Sendable {
    case plain
    case encrypted
    /// Its curve is written out instead of named.
    case explicitCurve

    /// Nil for what is no private key.
    public init?(_ der: UnsafeRawBufferPointer) {
        do throws(DERError) {
            var reader = DERReader(der)
            var fields = try reader.next(DERTag.sequence).reader
            let first = try fields.next()
            let second = try fields.next()
            if first.tag == DERTag.sequence {
                var algorithm = first.reader
                _ = try algorithm.next(DERTag.objectIdentifier)
                guard second.tag == DERTag.octetString, fields.isEmpty else { return nil }
                self = .encrypted
                return
            }
            guard first.tag == DERTag.integer, first.content.count == 1 else { return nil }
            switch second.tag {
            case DERTag.sequence:
                var algorithm = second.reader
                _ = try algorithm.next(DERTag.objectIdentifier)
                _ = try fields.next(DERTag.octetString)
                self = algorithm.nextTag == DERTag.sequence ? .explicitCurve : .plain
            case DERTag.octetString:
                let parameters = try fields.optional(DERTag.contextConstructed(0))
                self = parameters?.content.first == DERTag.sequence ? .explicitCurve : .plain
            case DERTag.integer:
                // RSA: the exponents and primes.
                for _ in 0..<7 { _ = try fields.next(DERTag.integer) }
                self = .plain
            default: return nil
            }
        } catch {
            return nil
        }
    }
}
