// The options about clients: each replaces one field of the configuration's `clients`.

import PosternCore

enum ClientWords {
    static let clients: Int32 = 300
    static let ca: Int32 = 301
    static let crl: Int32 = 302
    static let crlPolicy: Int32 = 303
    static let allow: Int32 = 304
    static let pins: Int32 = 305
    static let clock: Int32 = 306
    static let depth: Int32 = 307
    static let codes = clients...depth

    static func take(
        _ code: Int32, _ argument: Text, _ choices: inout ClientChoices
    ) throws(OperatorFault) {
        switch code {
        case clients:
            guard let certificates = ClientChoices.Certificates.named(argument) else {
                throw wrong("--clients", argument, "is none; give none, optional or required")
            }
            choices.certificates = certificates
        case ca: choices.ca = argument
        case crl: choices.crl = argument
        case crlPolicy:
            guard let policy = ClientChoices.RevocationPolicy.named(argument) else {
                throw wrong("--crl-policy", argument, "is none; give refuse or warn")
            }
            choices.crlPolicy = policy
        case allow: choices.allow = argument
        case pins: choices.pins = argument
        case clock:
            guard let clock = ClientChoices.UnsetClock.named(argument) else {
                throw wrong("--clock", argument, "is none; give accept, pins-only or refuse")
            }
            choices.clock = clock
        default:
            guard argument.count == 1, let depth = digit(argument.start[0]) else {
                throw wrong("--client-depth", argument, "is no depth; give a number from 0 to 8")
            }
            choices.depth = depth
        }
    }

    private static func digit(_ byte: UInt8) -> Int? {
        let value = Int(byte) - Int(UInt8(ascii: "0"))
        return (0...Limits.pathIntermediates).contains(value) ? value : nil
    }

    private static func wrong(_ option: Text, _ argument: Text, _ problem: Text) -> OperatorFault {
        OperatorFault { line in
            line.append("option ")
            line.append(option)
            line.append(" '")
            line.append(argument)
            line.append("' ")
            line.append(problem)
        }
    }
}
