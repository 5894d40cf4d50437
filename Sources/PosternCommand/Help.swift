// postern --help. The man page has the same options in more words.

import PosternCore
import PosternLinux

func printHelp() {
    StandardOutput.write(
        text: """
            usage: postern [serve] [options]
                   postern certificate COMMAND [options]
                   postern probe [options] HOST:PORT

            A TLS server with one thread and fixed memory. Options replace fields of the
            configuration that was compiled in; --print-config shows it.

            """)
    StandardOutput.write(Options.table, of: Options.command)
    StandardOutput.write(
        text: """

            SIGTERM, SIGINT: finish open requests and exit. SIGHUP: reload files (all or
            none). SIGUSR1: log counters.

            Exit codes: 0 done; 1 output cannot be written, or a detached server ended
            before it listened; 2 bad option, configuration, certificate or key, and
            nothing was opened.

            The log goes to standard error, or to the system log if standard error is
            closed or /dev/null.
            """)
}
