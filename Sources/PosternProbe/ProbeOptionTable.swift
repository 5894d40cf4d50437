// The options of postern probe, one row each.

import PosternCore

extension ProbeOptions {
    static let table: InlineArray<_, OptionRow<ProbeOptions>> = [
        OptionRow(
            "ca", argument: "FILE",
            help: """
                trust these CA certificates, PEM or DER; default those of the system (/etc/ssl/certs and \
                other places)
                """
        ) { options, argument throws(OperatorError) in
            options.authorities = argument.text
        },
        OptionRow(
            "no-verify",
            help: "talk to the server whatever its certificate is"
        ) { options, _ throws(OperatorError) in
            options.verifies = false
        },
        OptionRow(
            "no-hostname-check",
            help: "a trusted certificate may be for any name"
        ) { options, _ throws(OperatorError) in
            options.checksName = false
        },
        OptionRow(
            "name", argument: "NAME",
            help: """
                the name to ask the server for and to find in its certificate: DNS, IPv4 or IPv6; \
                default HOST
                """
        ) { options, argument throws(OperatorError) in
            try options.setName(argument)
        },
        OptionRow(
            "certificate", letter: "c", argument: "FILE",
            help: "chain in PEM to present when the server asks for one"
        ) { options, argument throws(OperatorError) in
            options.certificate = argument.text
        },
        OptionRow(
            "key", letter: "k", argument: "FILE",
            help: "its private key in PEM or DER, without a password"
        ) { options, argument throws(OperatorError) in
            options.key = argument.text
        },
        OptionRow(
            "tls", argument: "VERSION",
            help: "offer 1.2 or 1.3 only"
        ) { options, argument throws(OperatorError) in
            try options.setVersion(argument)
        },
        OptionRow(
            "alpn", argument: "NAME",
            help: "offer this protocol; up to 4 times, best first"
        ) { options, argument throws(OperatorError) in
            try options.addProtocol(argument)
        },
        OptionRow(
            "resume", argument: "N",
            help: """
                make N more connections that resume the session, or whose server is verified like the \
                first one; data is copied in the last one
                """
        ) { options, argument throws(OperatorError) in
            options.resumptions = try argument.number(1...ProbeOptions.resumptionsMax)
        },
        OptionRow(
            "timeout", argument: "SECONDS",
            help: "for the whole of it; default 30 seconds for connecting and no limit for copying"
        ) { options, argument throws(OperatorError) in
            options.timeoutSeconds = try argument.number(1...ProbeOptions.timeoutSecondsMax)
        },
        OptionRow(
            "json",
            help: "print what was found as one JSON object on standard output, and copy nothing"
        ) { options, _ throws(OperatorError) in
            options.isJSON = true
        },
        OptionRow(
            "help", letter: "h",
            help: "print this"
        ) { options, _ throws(OperatorError) in
            options.isHelp = true
        },
    ]
}
