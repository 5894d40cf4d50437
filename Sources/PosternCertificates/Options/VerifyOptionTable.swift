// The options of postern certificate verify, one row each.

import PosternCore
import PosternX509

extension VerifyOptions {
    static let table: InlineArray<_, OptionRow<VerifyOptions>> = [
        OptionRow(
            "certificate", letter: "c", argument: "FILE",
            help: "the certificate, or its chain with it first"
        ) { options, argument throws(OperatorError) in
            try options.setCertificate(argument.text)
        },
        OptionRow(
            "ca", argument: "FILE",
            help: "trust anchors; up to 8 files, each with any number of certificates"
        ) { options, argument throws(OperatorError) in
            try argument.append(to: &options.authorities)
        },
        OptionRow(
            "intermediates", argument: "FILE",
            help: "certificates between the two, in any order"
        ) { options, argument throws(OperatorError) in
            try argument.append(to: &options.intermediates)
        },
        OptionRow(
            "crl", argument: "FILE",
            help: "CRLs; with them every certificate below the trust anchor must be cleared by its issuer's"
        ) { options, argument throws(OperatorError) in
            try argument.append(to: &options.revocationLists)
        },
        OptionRow(
            "name", argument: "NAME",
            help: """
                a name it must have: DNS, IPv4, IPv6, e-mail or URI; all of them when given several \
                times
                """
        ) { options, argument throws(OperatorError) in
            try options.addName(argument)
        },
        OptionRow(
            "purpose", argument: "WHAT",
            help: "server or client; without it either will do"
        ) { options, argument throws(OperatorError) in
            options.purpose = try argument.one(of: "server or client", CertificatePurpose.named)
        },
        OptionRow(
            "at", argument: "TIME",
            help: "verify as of this time, as 2024-01-01T00:00:00Z; default now"
        ) { options, argument throws(OperatorError) in
            options.time = try argument.time()
        },
        OptionRow(
            "max-depth", argument: "N",
            help: "intermediate certificates allowed, 0 to 8; default 8"
        ) { options, argument throws(OperatorError) in
            options.intermediatesMax = try argument.number(0...Limits.pathIntermediates)
        },
        OptionRow(
            "json",
            help: "one JSON object"
        ) { options, _ throws(OperatorError) in
            options.wantsJSON = true
        },
        OptionRow(
            "help", letter: "h",
            help: "print this"
        ) { options, _ throws(OperatorError) in
            options.wantsHelp = true
        },
    ]
}
