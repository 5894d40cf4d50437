// The options of the server, one row each, in the order in which --help prints them.

import PosternCore

extension Options {
    static let table: InlineArray<_, OptionRow<Options>> = [
        OptionRow(
            "listen", letter: "l", argument: "ADDRESS:PORT",
            help: """
                listen there; up to 8 times. IPv6 as [::1]:4433; localhost is 127.0.0.1 and ::1; port 0: \
                any free
                """
        ) { options, argument throws(OperatorError) in
            try options.addListener(argument)
        },
        OptionRow(
            "certificate", letter: "c", argument: "FILE",
            help: "certificate chain in PEM, the server's own first"
        ) { options, argument throws(OperatorError) in
            try options.identities.addCertificate(argument.text)
        },
        OptionRow(
            "key", letter: "k", argument: "FILE",
            help: """
                its private key in PEM or DER, without a password; both up to 4 times, in pairs: a \
                client gets the one for the name it asks for, or else the first
                """
        ) { options, argument throws(OperatorError) in
            try options.identities.addKey(argument.text)
        },
        OptionRow(
            "create-identity",
            help: """
                make the first pair if it is missing, for this machine's names, and renew what was made \
                so
                """
        ) { options, _ throws(OperatorError) in
            options.identities.createsMissing = true
        },
        OptionRow(
            "unknown-names", argument: "WHAT",
            help: "for clients that ask for another name: use-first or refuse"
        ) { options, argument throws(OperatorError) in
            options.config.unknownNames = try argument.one(of: "use-first or refuse", UnknownNames.named)
        },
        OptionRow(
            "clients", argument: "WHAT",
            help: "client certificates: none, optional or required"
        ) { options, argument throws(OperatorError) in
            options.config.clients.certificates = try argument.one(
                of: "none, optional or required", ClientConfig.Certificates.named)
        },
        OptionRow(
            "ca", argument: "FILE",
            help: "CA certificates that client certificates must chain to"
        ) { options, argument throws(OperatorError) in
            options.config.clients.ca = argument.text
        },
        OptionRow(
            "crl", argument: "FILE",
            help: "CRLs of these CAs"
        ) { options, argument throws(OperatorError) in
            options.config.clients.crl = argument.text
        },
        OptionRow(
            "crl-policy", argument: "WHAT",
            help: "refuse or warn where no CRL can be trusted"
        ) { options, argument throws(OperatorError) in
            options.optionAboutLists = "--crl-policy"
            options.config.clients.crlPolicy = try argument.one(
                of: "refuse or warn", ClientConfig.RevocationPolicy.named)
        },
        OptionRow(
            "crl-entries", argument: "N",
            help: "revoked certificates that there is room for, 2000 by default"
        ) { options, argument throws(OperatorError) in
            options.optionAboutLists = "--crl-entries"
            options.config.clients.crlEntries = try argument.number(1...Limits.revocationEntriesMax)
        },
        OptionRow(
            "allow", argument: "FILE",
            help: "allowed client names (SAN or CN); one must match"
        ) { options, argument throws(OperatorError) in
            options.config.clients.allow = argument.text
        },
        OptionRow(
            "pins", argument: "FILE",
            help: "SHA-256 of public keys of clients that need no CA"
        ) { options, argument throws(OperatorError) in
            options.config.clients.pins = argument.text
        },
        OptionRow(
            "clock", argument: "WHAT",
            help: """
                accept, pins-only or refuse certificates that look not yet valid because the system \
                clock is unset
                """
        ) { options, argument throws(OperatorError) in
            options.optionAboutClients = "--clock"
            options.config.clients.clock = try argument.one(
                of: "accept, pins-only or refuse", ClientConfig.UnsetClock.named)
        },
        OptionRow(
            "client-depth", argument: "N",
            help: "intermediate certificates allowed between a client's and the CA's, 0 to 8"
        ) { options, argument throws(OperatorError) in
            options.optionAboutClients = "--client-depth"
            options.config.clients.depth = try argument.number(0...Limits.pathIntermediates)
        },
        OptionRow(
            "watch",
            help: "reload all these files when they change"
        ) { options, _ throws(OperatorError) in
            options.config.watchesFiles = true
        },
        OptionRow(
            "service", letter: "s", argument: "NAME",
            help: """
                echo: every byte back; respond: up to 1024 bytes back behind a greeting, then close; \
                discard: read, answer nothing
                """,
            commands: builtInServices
        ) { options, argument throws(OperatorError) in
            options.service = try argument.one(of: "echo, respond or discard", BuiltInService.named)
        },
        OptionRow(
            "connect", argument: "TARGET",
            help: """
                forward to the plain service there instead: ADDRESS:PORT, NAME:PORT or unix:PATH; up to 4 \
                times, tried in this order
                """,
            commands: builtInServices
        ) { options, argument throws(OperatorError) in
            try options.addTarget(argument)
        },
        OptionRow(
            "route", argument: "NAME=TARGET",
            help: """
                the same for clients that ask for this server name, such as www.home or *.cam.home; up to \
                8 times
                """,
            commands: builtInServices
        ) { options, argument throws(OperatorError) in
            try options.addRoute(argument)
        },
        OptionRow(
            "alpn", argument: "NAME",
            help:
                "application protocol on offer, such as http/1.1 or mqtt; up to 4 times, the preferred first"
        ) { options, argument throws(OperatorError) in
            try options.addProtocol(argument)
        },
        OptionRow(
            "idle-timeout", argument: "DURATION",
            help: """
                close a connection after so long without traffic: 90s, 10min, 2h or 0 for never; by default \
                60s, and 1h when forwarding
                """
        ) { options, argument throws(OperatorError) in
            options.config.deadlines.idleMilliseconds = try argument.milliseconds(
                upTo: Limits.deadlineMillisecondsMax)
        },
        OptionRow(
            "send-proxy", argument: "VERSION",
            help: "tell the service who its client is, with a PROXY protocol header of version 1 or 2",
            commands: builtInServices
        ) { options, argument throws(OperatorError) in
            options.config.forward.sendProxy = try argument.one(of: "1 or 2", ForwardConfig.SendProxy.named)
        },
        OptionRow(
            "proxy-from", argument: "NETWORK",
            help: """
                clients there are balancers, which must send a PROXY protocol header; up to 4 times, as in \
                10.0.0.0/8
                """
        ) { options, argument throws(OperatorError) in
            try options.addProxyNetwork(argument)
        },
        OptionRow(
            "missing-close-notify", argument: "WHAT",
            help: """
                when a client ends without close_notify: reset or close the connection to the service
                """,
            commands: builtInServices
        ) { options, argument throws(OperatorError) in
            options.config.forward.missingCloseNotify = try argument.one(
                of: "reset or close", ForwardConfig.MissingCloseNotify.named)
        },
        OptionRow(
            "log-level", argument: "LEVEL",
            help: "error, warning, notice, info or debug"
        ) { options, argument throws(OperatorError) in
            options.config.log.level = try argument.one(
                of: "error, warning, notice, info or debug", LogLevel.named)
        },
        OptionRow(
            "detach",
            help: """
                run in the background; the caller returns once the server listens, or with the reason \
                why it does not
                """
        ) { options, _ throws(OperatorError) in
            options.config.process.detaches = true
        },
        OptionRow(
            "inetd",
            help: "serve the connection on standard input and exit"
        ) { options, _ throws(OperatorError) in
            options.config.process.inetd = true
        },
        OptionRow(
            "pidfile", argument: "FILE",
            help: "write the process id there; removed at exit"
        ) { options, argument throws(OperatorError) in
            options.config.process.pidFile = argument.text
        },
        OptionRow(
            "user", argument: "NAME",
            help: "become this user once the server listens"
        ) { options, argument throws(OperatorError) in
            options.config.process.user = argument.text
        },
        OptionRow(
            "group", argument: "NAME",
            help: "become this group instead of the user's own"
        ) { options, argument throws(OperatorError) in
            options.config.process.group = argument.text
        },
        OptionRow(
            "chroot", argument: "DIRECTORY",
            help: "then see nothing but this directory"
        ) { options, argument throws(OperatorError) in
            options.config.process.chroot = argument.text
        },
        OptionRow(
            "test-config",
            help: "check configuration and files, open nothing"
        ) { options, _ throws(OperatorError) in
            options.action = .testConfig
        },
        OptionRow(
            "print-config",
            help: "print the configuration and its memory, added up"
        ) { options, _ throws(OperatorError) in
            options.action = .printConfig
        },
        OptionRow(
            "version",
            help: "print the versions of postern and Mbed TLS"
        ) { options, _ throws(OperatorError) in
            options.action = .version
        },
        OptionRow(
            "help", letter: "h",
            help: "print this"
        ) { options, _ throws(OperatorError) in
            options.action = .help
        },
    ]
}
