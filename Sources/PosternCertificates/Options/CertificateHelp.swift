// postern certificate --help, and the help of the commands that make or change something.

import PosternCore
import PosternLinux

enum CertificateHelp {
    static func printOverview() {
        print(
            """
            usage: postern certificate COMMAND [options]; cert is short for certificate

              self-signed   key and certificate in one step
              ca            an authority: a root, or with --issuer one below another
              request       a key and a request (PKCS#10) for a certificate
              sign          a certificate from a request
              renew         the same certificate for a new time, when it is due
              revoke        mark a certificate as revoked
              crl           write the list of what is revoked
              show          print what is in a certificate, request or list
              verify        is this certificate to be trusted, and if not, why not

            An authority with one server, and its revocation:

              postern certificate ca --name 'Home CA' --certificate ca.crt --key ca.key
              postern certificate request --name board.local --request b.csr --key b.key
              postern certificate sign --issuer ca.crt --issuer-key ca.key \\
                  --request b.csr --profile server --certificate b.crt
              postern certificate revoke --issuer ca.crt --issuer-key ca.key \\
                  --certificate b.crt --reason keyCompromise
              postern certificate crl --issuer ca.crt --issuer-key ca.key --crl ca.crl

            Files are written whole or not at all, keys with mode 0600, and none is
            replaced without --force. postern certificate COMMAND --help has the options.
            Exit codes: 0 done; 1 what may pass by itself, such as a file that is not
            there, a full disk, or a lock that somebody holds; 2 bad option or file; 3 of
            verify: not trusted; 4 of renew: not due. After 1, 2 and 4 nothing was written.
            """)
    }

    static func print(_ command: IssuingCommand, _ name: CommandName) {
        print(usage(of: command))
        print("")
        StandardOutput.write(CertificateOptions.table, of: name)
    }

    private static func usage(of command: IssuingCommand) -> Text {
        switch command {
        case .selfSigned: selfSigned
        case .authority: authority
        case .request: request
        case .sign: sign
        case .renew: renew
        case .revoke: revoke
        case .revocationList: revocationList
        }
    }

    private static var selfSigned: Text {
        """
        usage: postern certificate self-signed --certificate FILE --key FILE [options]

        Makes a key and a certificate that it signs itself, valid for 397 days (as a
        client's 730). The first --name is the common name as well; without one it is
        for the host name, localhost and the machine's addresses.

          postern certificate self-signed --name localhost --name ::1 \\
              --certificate server.crt --key server.key
        """
    }

    private static var authority: Text {
        """
        usage: postern certificate ca --name TEXT --certificate FILE --key FILE
               [options]

        Makes an authority called TEXT. Without --issuer it is a root and valid for
        3650 days. With it, it is one below that authority: valid for 1825 days, and
        with --path-length 0 unless told, so that it issues no further authorities.

          postern certificate ca --name 'Home CA' --certificate ca.crt --key ca.key
        """
    }

    private static var request: Text {
        """
        usage: postern certificate request --request FILE --key FILE [options]

        Makes a key and a request for a certificate. Without --name it is for the host
        name, localhost and the machine's addresses.

          postern certificate request --name board.local \\
              --request board.csr --key board.key
        """
    }

    private static var sign: Text {
        """
        usage: postern certificate sign --issuer FILE --issuer-key FILE
               --request FILE --profile PROFILE --certificate FILE [options]

        Makes a certificate from a request and notes it in the index of the authority.
        Of the request it takes the key, and of its names those that --allow permits;
        without --allow all of them but wildcards. --name gives others instead. It is
        valid for 397 days (a client's 730) and ends with its issuer at the latest.

          postern certificate sign --issuer ca.crt --issuer-key ca.key \\
              --request board.csr --allow '*.local' --profile server \\
              --certificate board.crt
        """
    }

    private static var renew: Text {
        """
        usage: postern certificate renew --certificate FILE --key FILE [options]

        Makes the same certificate once more when fewer than 30 days are left, for as
        long as before, and replaces it in its file; all else in the file stays. One
        that did not sign itself needs --issuer and --issuer-key.
        Exit codes: 0 renewed; 4 not due, and nothing was written; 1 or 2 failed.

          postern certificate renew --certificate server.crt --key server.key
        """
    }

    private static var revoke: Text {
        """
        usage: postern certificate revoke --issuer FILE --issuer-key FILE
               (--certificate FILE | --serial NUMBER | --name NAME) [options]

        Notes in the index of the authority that a certificate is revoked. The next
        list that postern certificate crl writes has it. Without the certificate's
        file it is found in the index by its serial number, or all by their name.

          postern certificate revoke --issuer ca.crt --issuer-key ca.key \\
              --certificate board.crt --reason keyCompromise
        """
    }

    private static var revocationList: Text {
        """
        usage: postern certificate crl --issuer FILE --issuer-key FILE --crl FILE
               [options]

        Writes the list of what the authority has revoked. The next one is due after 30
        days, and verifiers may refuse everything when it is late.

          postern certificate crl --issuer ca.crt --issuer-key ca.key --crl ca.crl
        """
    }

    private static func print(_ text: Text) { StandardOutput.write(text: text) }
}
