// postern probe --help.

import PosternCore
import PosternLinux

func printProbeHelp() {
    for index in 0..<probeHelp.count {
        var line = Line()
        line.append(probeHelp[index])
        StandardOutput.write(&line)
    }
}

private let probeHelp: InlineArray<41, Text> = [
    "usage: postern probe [options] HOST:PORT",
    "",
    "Connects to a TLS server, verifies its certificate and says what it found, on",
    "standard error. Then copies standard input to the server and the server's",
    "answer to standard output. The end of the input is told to the server, which",
    "may go on answering until it closes.",
    "",
    "      --ca FILE              trust these authorities, PEM or DER; or else those",
    "                             of the system (/etc/ssl/certs and other places)",
    "      --no-verify            talk to the server whatever its certificate is",
    "      --no-hostname-check    a trusted certificate may be for any name",
    "      --name NAME            the name to ask the server for and to find in its",
    "                             certificate: DNS, IPv4 or IPv6; otherwise HOST",
    "  -c, --certificate FILE     chain in PEM to show when the server asks for one",
    "  -k, --key FILE             its private key in PEM or DER, without a password",
    "      --tls VERSION          offer 1.2 or 1.3 only",
    "      --alpn NAME            offer this protocol; up to 4 times, best first",
    "      --resume N             N further connections that resume the session;",
    "                             data is copied in the last one",
    "      --timeout SECONDS      for the whole of it; otherwise 30 seconds for",
    "                             connecting and no limit for copying",
    "      --json                 say what was found as one JSON object on standard",
    "                             output, and copy nothing",
    "  -h, --help                 print this",
    "",
    "Only TLS 1.2 and 1.3 with forward secrecy and AEAD suites are offered.",
    "--no-verify is Python's CERT_NONE, --no-hostname-check its check_hostname =",
    "False; without either it is CERT_REQUIRED.",
    "",
    "Exit codes:",
    "  0  done: the server closed in the orderly way",
    "  1  no connection, or it broke, or took too long; output cannot be written",
    "  2  bad option, or a file that cannot be read",
    "  3  the certificate is not trusted; every fault is named",
    "  4  the certificate is trusted, but for other names",
    "  5  not TLS, nothing in common, an alert, or an end without close_notify",
    "",
    "Examples:",
    "  postern probe example.org:443 --json",
    "  printf 'hello\\n' | postern probe localhost:4433 --ca certs/ca.crt",
    "  postern probe [::1]:4433 --name board.local --resume 2 < /dev/null",
]
