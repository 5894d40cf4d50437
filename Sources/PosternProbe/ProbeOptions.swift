// What postern probe was asked for. ProbeOptionTable.swift has the options.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct ProbeOptions {
    /// What --tls leaves on offer.
    enum Versions {
        case both, only12, only13

        static func named(_ name: Text) -> Versions? {
            if name == "1.2" { return .only12 }
            return name == "1.3" ? .only13 : nil
        }
    }

    var isHelp = false
    /// The operand, HOST:PORT.
    private(set) var target: Text = ""
    private(set) var host: Text = ""
    private(set) var port: UInt16 = 0
    var authorities: Text?
    var verifies = true
    var checksName = true
    /// What the certificate must be for, and what the server is asked for. Without --name the host.
    private(set) var name: Text = ""
    var certificate: Text?
    var key: Text?
    private(set) var versions = Versions.both
    private(set) var protocols = FixedList<4, Text>()
    /// Further connections.
    var resumptions = 0
    var timeoutSeconds: Int?
    var isJSON = false

    /// Further connections: each is one full answer of a server; more measure nothing new.
    static let resumptionsMax = 100
    /// A day; a larger number is a mistake of unit.
    static let timeoutSecondsMax = 86_400

    static let command = CommandName("postern probe")

    init(_ arguments: Arguments, at index: Int32) throws(OperatorError) {
        try arguments.read(ProbeOptions.table, of: ProbeOptions.command, at: index, into: &self) {
            options, word throws(OperatorError) in
            try options.setTarget(word)
        }
        try check()
    }

    mutating func setName(_ argument: OptionArgument) throws(OperatorError) {
        guard ProbeOptions.isServerName(argument.text) else {
            throw argument.error("is not a server's name; give a DNS name or an IP address")
        }
        name = argument.text
    }

    mutating func addProtocol(_ argument: OptionArgument) throws(OperatorError) {
        guard argument.text.count > 0, argument.text.count < 256 else {
            throw argument.error("is not a protocol name; give 1 to 255 bytes")
        }
        try argument.append(to: &protocols)
    }

    mutating func setVersion(_ argument: OptionArgument) throws(OperatorError) {
        versions = try argument.one(of: "1.2 or 1.3", Versions.named)
        guard versions != .only13 || TLSContext.hasTLS13 else {
            throw OperatorError { line in
                line.append("option --tls: '1.3' needs Mbed TLS 3.6 and this program has ")
                line.appendLibraryVersion()
                line.append(", which ends at TLS 1.2; give 1.2")
            }
        }
    }

    private mutating func setTarget(_ operand: Text) throws(OperatorError) {
        guard target.isEmpty else {
            throw OperatorError(usage: "argument", operand, "is one too many; give one HOST:PORT")
        }
        guard let address = AddressArgument(operand), address.port > 0,
            let host = HostWord.keep(address.host)
        else {
            throw OperatorError(
                usage: "argument", operand,
                "is not a host and port; write example.org:443, 192.0.2.1:4433 or [::1]:4433")
        }
        target = operand
        self.host = host
        port = address.port
    }

    /// What only all options together show.
    private mutating func check() throws(OperatorError) {
        if isHelp { return }
        guard !target.isEmpty else {
            throw ProbeOptions.command.error(needs: "HOST:PORT")
        }
        guard (certificate == nil) == (key == nil) else {
            throw OperatorError { line in
                line.append("options --certificate and --key come in pairs; give both")
            }
        }
        guard verifies || authorities == nil else {
            throw OperatorError { line in
                line.append("options --ca and --no-verify contradict each other; give one of them")
            }
        }
        if name.isEmpty { name = HostWord.nameToCheck(host) }
        guard !verifies || !checksName || ProbeOptions.isServerName(name) else {
            throw OperatorError(
                usage: "host", host, "cannot be in a certificate; give the server's name with --name")
        }
    }

    /// What a certificate of a server can be for, and be asked for.
    private static func isServerName(_ text: Text) -> Bool {
        guard let name = GeneralName(text) else { return false }
        return name.kind == .dnsName || name.kind == .address4 || name.kind == .address6
    }

    /// The name that the server is asked for in the handshake; addresses are not (RFC 6066, section 3).
    var serverName: Text? {
        guard let general = GeneralName(name) else { return nil }
        return general.kind == .dnsName ? name : nil
    }
}
