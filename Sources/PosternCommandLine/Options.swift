// The command line of the server: which action, and which fields of the configuration it replaces. Nothing
// else replaces any. OptionTable.swift has the options.

import PosternCore
import PosternLinux
import PosternServer

enum Action {
    case serve
    case testConfig
    case printConfig
    case version
    case help
}

struct Options {
    // Bits of `OptionRow.commands`.
    static let anyServer: UInt32 = 1
    /// Of a program that has the built-in services and no other.
    static let builtInServices: UInt32 = 2

    var action = Action.serve
    var config: Config
    var identities = IdentityArguments()
    /// --service; it and the configuration are held against each other once all options are read.
    var service: BuiltInService?
    /// The last option that says something about CRLs, and the last one about clients, where one was given.
    var optionAboutLists: Text?
    var optionAboutClients: Text?
    // Whether the command line has replaced a list of the configuration.
    private var replacesListeners = false
    var replacesTargets = false
    var replacesRoutes = false
    var replacesProxyNetworks = false
    var replacesProtocols = false

    /// `hasSiblings`: the program has other commands, one of which a word may have meant.
    init(
        _ arguments: Arguments, at index: Int32, of command: CommandName, defaults: Config, hasSiblings: Bool
    ) throws(OperatorError) {
        config = defaults
        try arguments.read(Options.table, of: command, at: index, into: &self) {
            _, word throws(OperatorError) in
            throw command.error(
                "argument", word, hasSiblings ? "is not an option or a command" : "is not an option")
        }
        try identities.replace(in: &config)
        try chooseService()
        try refuseWithoutEffect()
    }

    /// What somebody asks for is never left out in silence.
    private func refuseWithoutEffect() throws(OperatorError) {
        if let option = optionAboutLists, config.clients.crl == nil {
            throw OperatorError(usage: "option", option, "has no effect without a CRL; give --crl as well")
        }
        if let option = optionAboutClients, config.clients.certificates == .none {
            throw OperatorError(
                usage: "option", option,
                "has no effect where no client is asked for a certificate; give --clients as well")
        }
    }

    /// The first one replaces the list of the configuration, the others add to it.
    mutating func addListener(_ argument: OptionArgument) throws(OperatorError) {
        if !replacesListeners { config.listeners.removeAll() }
        replacesListeners = true
        guard let address = AddressArgument(argument.text) else {
            throw argument.error(
                "is not an address and port; write 192.0.2.1:4433, [::1]:4433 or localhost:4433")
        }
        if address.host == "localhost" {
            try append(ListenAddress("127.0.0.1", port: address.port), argument)
            try append(ListenAddress("::1", port: address.port), argument)
        } else {
            guard let host = HostStorage.keep(address.host) else { throw Options.noRoom(argument) }
            try append(ListenAddress(host, port: address.port), argument)
        }
    }

    private mutating func append(_ address: ListenAddress, _ argument: OptionArgument) throws(OperatorError)
    {
        guard config.listeners.append(address) else { throw argument.tooMany(Limits.listeners) }
    }
}
