// postern --help. The man page has the same options in more words.

import PosternCore
import PosternLinux

func printHelp() {
    for index in 0..<helpLines.count {
        var line = Line()
        line.append(helpLines[index])
        StandardOutput.write(&line)
    }
}

private let helpLines: InlineArray<_, Text> = [
    "usage: postern [serve] [options]",
    "       postern certificate COMMAND [options]",
    "       postern probe [options] HOST:PORT",
    "",
    "A TLS server with one thread and fixed memory. Options replace fields of the",
    "configuration that was compiled in; --print-config shows it.",
    "",
    "  -l, --listen ADDRESS:PORT  listen there; up to 8 times. IPv6 as [::1]:4433;",
    "                             localhost is 127.0.0.1 and ::1; port 0: any free",
    "  -c, --certificate FILE     certificate chain in PEM, the server's own first",
    "  -k, --key FILE             private key in PEM or DER, without a password",
    "                             both up to 4 times, in pairs: a client gets the",
    "                             one for the name it asks for, or else the first",
    "      --create-identity      make the first pair where it is missing, for this",
    "                             machine's names, and renew what was made so",
    "      --unknown-names WHAT   use-first or refuse clients that ask for others",
    "      --clients WHAT         none, optional or required: their certificates",
    "      --ca FILE              certificates that lead to clients' ones",
    "      --crl FILE             revocation lists of that CA",
    "      --crl-policy WHAT      refuse or warn where no list can be trusted",
    "      --allow FILE           names of clients, of which one must fit",
    "      --pins FILE            SHA-256 of keys of clients that need no CA",
    "      --clock WHAT           accept, pins-only or refuse what is not valid yet",
    "                             while the clock has not been set",
    "      --client-depth N       certificates between a client's and the CA's",
    "      --watch                load all these files anew when they change",
    "  -s, --service NAME         echo: every byte back; respond: up to 1024 bytes",
    "                             back behind a greeting, then close; discard:",
    "                             read, answer nothing",
    "      --log-level LEVEL      error, warning, notice, info or debug",
    "      --detach               go on in the background; the caller returns when",
    "                             the server listens, or with the reason why not",
    "      --inetd                serve the connection on standard input and end",
    "      --pidfile FILE         write the process id there; removed at the end",
    "      --user NAME            become this user when the server listens,",
    "      --group NAME           in this group, or else in the user's own one",
    "      --chroot FOLDER        then see nothing but what is in this folder",
    "      --test-config          check configuration and identity, open nothing",
    "      --print-config         print the configuration and its memory added up",
    "      --version              print the versions of postern and Mbed TLS",
    "  -h, --help                 print this",
    "",
    "Signals: SIGTERM and SIGINT stop after what is in flight, SIGHUP loads",
    "all its files anew or none, SIGUSR1 logs the counters.",
    "",
    "Exit codes: 0 done; 1 output cannot be written, or a detached server ended",
    "before it listened; 2 bad option, configuration, certificate or key, and",
    "nothing was opened.",
    "",
    "The log goes to standard error, or to the system log when standard error is",
    "closed or /dev/null.",
]
