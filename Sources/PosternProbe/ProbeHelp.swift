// postern probe --help.

import PosternCore
import PosternLinux

func printProbeHelp() {
    StandardOutput.write(
        text: """
            usage: postern probe [options] HOST:PORT

            Connects to a TLS server, verifies its certificate and says what it found, on
            standard error. Then copies standard input to the server and the server's
            answer to standard output. The end of the input is told to the server, which
            may go on answering until it closes.

            """)
    StandardOutput.write(ProbeOptions.table, of: ProbeOptions.command)
    StandardOutput.write(
        text: """

            Only TLS 1.2 and 1.3 with forward secrecy and AEAD suites are offered.
            --no-verify is Python's CERT_NONE, --no-hostname-check its check_hostname =
            False; without either it is CERT_REQUIRED.

            Exit codes:
              0  done: the server closed in the orderly way
              1  no connection, or it broke, or took too long; output cannot be written
              2  bad option, or a file that cannot be read
              3  the certificate is not trusted; every fault is named
              4  the certificate is trusted, but for other names
              5  not TLS, nothing in common, an alert, or an end without close_notify

            Examples:
              postern probe example.org:443 --json
              printf 'hello\\n' | postern probe localhost:4433 --ca certs/ca.crt
              postern probe [::1]:4433 --name board.local --resume 2 < /dev/null
            """)
}
