// Why a certificate was revoked, by the names and numbers of RFC 5280, section 5.3.1.

import PosternCore

public enum RevocationReason: UInt8, Sendable {
    case unspecified = 0
    case keyCompromise = 1
    case cACompromise = 2
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    case certificateHold = 6
    case privilegeWithdrawn = 9
    case aACompromise = 10

    public var name: Text {
        switch self {
        case .unspecified: "unspecified"
        case .keyCompromise: "keyCompromise"
        case .cACompromise: "cACompromise"
        case .affiliationChanged: "affiliationChanged"
        case .superseded: "superseded"
        case .cessationOfOperation: "cessationOfOperation"
        case .certificateHold: "certificateHold"
        case .privilegeWithdrawn: "privilegeWithdrawn"
        case .aACompromise: "aACompromise"
        }
    }

    public static func named(_ name: Text) -> RevocationReason? {
        for number in 0...10 as ClosedRange<UInt8> {
            if let reason = RevocationReason(rawValue: number), reason.name == name { return reason }
        }
        return nil
    }

    /// All names, for a message about a word that is none.
    public static func appendNames(to line: inout Line) {
        for number in 0...10 as ClosedRange<UInt8> {
            guard let reason = RevocationReason(rawValue: number) else { continue }
            if number > 0 { line.append(", ") }
            line.append(reason.name)
        }
    }
}
