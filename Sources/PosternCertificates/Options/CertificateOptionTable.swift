// The options of the commands of `postern certificate` that make or change something, one row each. An
// option means the same in all of them.

import PosternCore
import PosternTLS
import PosternX509

extension CertificateOptions {
    private static var selfSigned: UInt32 { IssuingCommand.selfSigned.bit }
    private static var authority: UInt32 { IssuingCommand.authority.bit }
    private static var request: UInt32 { IssuingCommand.request.bit }
    private static var sign: UInt32 { IssuingCommand.sign.bit }
    private static var renew: UInt32 { IssuingCommand.renew.bit }
    private static var revoke: UInt32 { IssuingCommand.revoke.bit }
    private static var revocationList: UInt32 { IssuingCommand.revocationList.bit }
    private static var all: UInt32 { revocationList * 2 - 1 }

    static let table: InlineArray<_, OptionRow<CertificateOptions>> = [
        OptionRow(
            "certificate", letter: "c", argument: "FILE",
            help: "the certificate", commands: all ^ (request | revocationList)
        ) { options, argument throws(OperatorError) in
            options.certificate = argument.text
        },
        OptionRow(
            "key", letter: "k", argument: "FILE",
            help: "its private key; new ones are PKCS#8 in PEM",
            commands: selfSigned | authority | request | renew
        ) { options, argument throws(OperatorError) in
            options.key = argument.text
        },
        OptionRow(
            "request", argument: "FILE",
            help: "the certificate request (PKCS#10)", commands: request | sign
        ) { options, argument throws(OperatorError) in
            options.request = argument.text
        },
        OptionRow(
            "crl", argument: "FILE",
            help: "the CRL to write", commands: revocationList
        ) { options, argument throws(OperatorError) in
            options.crl = argument.text
        },
        OptionRow(
            "adopt", argument: "FILE",
            help: "first take over what this CRL of the authority has revoked", commands: revocationList
        ) { options, argument throws(OperatorError) in
            options.adopted = argument.text
        },
        OptionRow(
            "issuer", argument: "FILE",
            help: "the authority's certificate; its index is FILE.index",
            commands: authority | sign | renew | revoke | revocationList
        ) { options, argument throws(OperatorError) in
            options.issuer = argument.text
        },
        OptionRow(
            "issuer-key", argument: "FILE",
            help: "the authority's private key", commands: authority | sign | renew | revoke | revocationList
        ) { options, argument throws(OperatorError) in
            options.issuerKey = argument.text
        },
        OptionRow(
            "name", argument: "NAME",
            help: "DNS name, *.wildcard, address, e-mail or URI; common name of a client; at most 64 times",
            commands: selfSigned | authority | request | sign | revoke
        ) { options, argument throws(OperatorError) in
            try argument.append(to: &options.names)
        },
        OptionRow(
            "allow", argument: "NAME",
            help: "a name or *.wildcard that may be taken from the request; at most 64 times", commands: sign
        ) { options, argument throws(OperatorError) in
            try argument.append(to: &options.allowed)
        },
        OptionRow(
            "days", argument: "N",
            help: "valid for N days, 1 to 36500",
            commands: selfSigned | authority | sign | renew | revocationList
        ) { options, argument throws(OperatorError) in
            options.days = try argument.number(CertificateOptions.dayRange)
        },
        OptionRow(
            "not-before", argument: "TIME",
            help: "valid from 2024-01-01 or 2024-01-01T00:00:00Z on", commands: selfSigned | authority | sign
        ) { options, argument throws(OperatorError) in
            options.notBefore = try argument.time()
        },
        OptionRow(
            "key-type", argument: "TYPE",
            help: "p256 (default), p384, rsa2048, rsa3072 or rsa4096",
            commands: selfSigned | authority | request | renew
        ) { options, argument throws(OperatorError) in
            options.keyType = try argument.one(
                of: "p256, p384, rsa2048, rsa3072 or rsa4096", KeyType.named)
        },
        OptionRow(
            "profile", argument: "PROFILE",
            help: "server, client or peer, which is both", commands: selfSigned | sign
        ) { options, argument throws(OperatorError) in
            options.profile = try argument.one(of: "server, client or peer", CertificateProfile.named)
        },
        OptionRow(
            "path-length", argument: "N",
            help: "authorities that may be below it, one under another", commands: authority
        ) { options, argument throws(OperatorError) in
            options.pathLength = try argument.number(CertificateOptions.pathLengthRange)
        },
        OptionRow(
            "permit", argument: "NAMES",
            help: "it may issue nothing but .home, 192.168.0.0/16, @example.org and so on; at most 16 times",
            commands: authority
        ) { options, argument throws(OperatorError) in
            try argument.append(to: &options.permitted)
        },
        OptionRow(
            "exclude", argument: "NAMES",
            help: "it may not issue these; at most 16 times", commands: authority
        ) { options, argument throws(OperatorError) in
            try argument.append(to: &options.excluded)
        },
        OptionRow(
            "reason", argument: "REASON",
            help: "keyCompromise, superseded or another of RFC 5280", commands: revoke
        ) { options, argument throws(OperatorError) in
            options.reason = try argument.revocationReason()
        },
        OptionRow(
            "serial", argument: "NUMBER",
            help: "serial number in hexadecimal, as certificate show prints it", commands: revoke
        ) { options, argument throws(OperatorError) in
            options.serial = try argument.serialNumber()
        },
        OptionRow(
            "before", argument: "N",
            help: "renew when fewer than N days are left; default 30", commands: renew
        ) { options, argument throws(OperatorError) in
            options.beforeDays = try argument.number(CertificateOptions.dayRange)
        },
        OptionRow(
            "new-key",
            help: "with a new key, which replaces the old one's file", commands: renew
        ) { options, _ throws(OperatorError) in
            options.makesNewKey = true
        },
        OptionRow(
            "supersede",
            help: "the old certificate is superseded; the next CRL has it", commands: renew
        ) { options, _ throws(OperatorError) in
            options.supersedes = true
        },
        OptionRow(
            "same-key",
            help: "the key's file is there already; use it", commands: selfSigned | authority | request
        ) { options, _ throws(OperatorError) in
            options.usesSameKey = true
        },
        OptionRow(
            "form", argument: "FORM",
            help: "pem or der; der by itself for names that end in .der", commands: revocationList
        ) { options, argument throws(OperatorError) in
            options.form = try argument.one(of: "pem or der", FileForm.named)
        },
        OptionRow(
            "force",
            help: "replace files that exist; renew before it is due", commands: all ^ revoke
        ) { options, _ throws(OperatorError) in
            options.replaces = true
        },
        OptionRow(
            "help", letter: "h",
            help: "print this", commands: all
        ) { options, _ throws(OperatorError) in
            options.wantsHelp = true
        },
    ]
}
