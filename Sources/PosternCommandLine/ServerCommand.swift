// The command line of a server, whichever service it has: reads the options, then serves, or checks or
// prints what it would serve with.

import PosternCore
import PosternLinux
import PosternServer

/// The command line of a server: `--help` lists its options, which replace fields of the configuration that
/// the program was built with. The program's `main` gives it the arguments:
///
///     @c(reverse_main)
///     public func program(_ count: Int32, _ words: Arguments.Vector) -> Int32 {
///         ServerCommand("reverse", config, memory: memory.region())
///             .main(Arguments(count, words), service: Reverse())
///     }
public struct ServerCommand {
    private let name: Text
    private let config: Config
    private let memory: MemoryRegion
    private let usage: Text?

    /// `name` is the program's, for messages and `--help`; `memory` the region of a StaticMemory. A program
    /// with other commands beside this one says with `usage` how `--help` begins.
    public init(_ name: Text, _ config: Config, memory: MemoryRegion, usage: Text? = nil) {
        self.name = name
        self.config = config
        self.memory = memory
        self.usage = usage
    }

    /// All that a program does which has this command alone. Returns its exit code: 0 done, 1 what may pass
    /// by itself, 2 what somebody has to correct first.
    public func main<Provider: Service>(_ arguments: Arguments, service: Provider) -> Int32 {
        Program.run(name, config, arguments) { arguments throws(OperatorError) in
            try run(arguments, at: 1, service: service)
        }
    }

    /// Reads options from word `index` on, and does what they say. Returns the program's exit code.
    public func run<Provider: Service>(
        _ arguments: Arguments, at index: Int32, service: Provider
    ) throws(OperatorError) -> Int32 {
        try run(arguments, at: index, hasBuiltInServices: false) { _ in service }
    }

    /// The same with the service that the configuration or `--service` names. Exported as an interface
    /// alone: else the module that calls it would compile the whole server a second time.
    @export(interface)
    public func run(_ arguments: Arguments, at index: Int32) throws(OperatorError) -> Int32 {
        try run(arguments, at: index, hasBuiltInServices: true) { config in
            StandardService(config)
        }
    }

    private func run<Provider: Service>(
        _ arguments: Arguments, at index: Int32, hasBuiltInServices: Bool,
        _ service: (Config) -> Provider
    ) throws(OperatorError) -> Int32 {
        let options = try read(arguments, at: index, hasBuiltInServices)
        let config = options.config
        switch options.action {
        case .help, .version: break
        case .serve: return try serve(config, service)
        case .testConfig:
            try Server.checkAndWarn(config, service: service(config), memory: memory)
            print("configuration ok")
        case .printConfig:
            let plan = try Server.check(config, service: service(config), memory: memory)
            printConfig(config, plan, hasBuiltInServices: hasBuiltInServices)
        }
        return ExitCode.done
    }

    /// Answers --help and --version. Exported as an interface alone: else the module that calls it would get
    /// a second copy of the table.
    @export(interface)
    private func read(
        _ arguments: Arguments, at index: Int32, _ hasBuiltInServices: Bool
    ) throws(OperatorError) -> Options {
        let command = CommandName(
            name, bit: hasBuiltInServices ? Options.anyServer | Options.builtInServices : Options.anyServer)
        let options = try Options(
            arguments, at: index, of: command, defaults: config, hasSiblings: usage != nil)
        if options.action == .help { printHelp(of: command) }
        if options.action == .version { printVersion(options.config) }
        return options
    }

    private func serve<Provider: Service>(
        _ config: Config, _ service: (Config) -> Provider
    ) throws(OperatorError) -> Int32 {
        Signals.holdRequests()
        if let exitCode = try config.detach() { return exitCode }
        do throws(OperatorError) {
            var server = try Server(config, service: service(config), memory: memory)
            server.run()
            return ExitCode.done
        } catch {
            Log(config.log).tell(error)
            throw error
        }
    }

    private func printVersion(_ config: Config) {
        var line = Line()
        line.append(versionAndPackageOf: config.port)
        StandardOutput.write(&line)
        if let warning = buildWarning { print(warning) }
    }

    private func print(_ text: Text) {
        var line = Line()
        line.append(text)
        StandardOutput.write(&line)
    }

    /// The man page has the options of postern in more words.
    private func printHelp(of command: CommandName) {
        if let usage {
            StandardOutput.write(text: usage)
        } else {
            StandardOutput.write { line in
                line.append("usage: ")
                line.append(name)
                line.append(" [options]")
            }
        }
        StandardOutput.write(
            text: """

                A TLS server with one thread and fixed memory. Options replace fields of the
                configuration that was compiled in; --print-config shows it.

                """)
        StandardOutput.write(Options.table, of: command)
        StandardOutput.write(
            text: """

                SIGTERM, SIGINT: finish open requests and exit. SIGHUP: reload files (all or
                none). SIGUSR1: log counters.

                Exit codes: 0 done; 1 what may pass by itself, such as an address in use, a
                file that is not there yet, or no memory; 2 what somebody has to correct
                first: an option, the configuration, a file. Nothing stays open.

                The log goes to standard error, or to the system log if standard error is
                closed or /dev/null.
                """)
    }
}
