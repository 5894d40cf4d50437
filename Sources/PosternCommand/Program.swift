// The program: reads the command line, and serves. What it serves and where stands in the port's
// Config.swift; what a server is stands in PosternServer.

import Port
import PosternCertificates
import PosternCore
import PosternLinux
import PosternProbe
import PosternServer

/// What init scripts see.
enum ExitCode {
    static let done: Int32 = 0
    /// What was asked for could not be printed, or a detached server ended before it listened.
    static let failed: Int32 = 1
    /// The command line, the configuration or a file it names is wrong; nothing was opened.
    static let badInput: Int32 = 2
}

/// SwiftPM makes this the program's main.
@c(PosternCommand_main)
public func program(_ count: Int32, _ words: Arguments.Vector) -> Int32 {
    Process.claimStandardStreams()
    if !config.process.isInspectable { Process.setUndumpable() }
    let exitCode = exitCode(Arguments(count, words))
    Daemon.report(exitCode: exitCode)
    return exitCode
}

private func exitCode(_ arguments: Arguments) -> Int32 {
    do throws(OperatorError) {
        let exitCode = try run(arguments)
        if StandardOutput.hasFailed {
            throw OperatorError { line in line.append("standard output cannot be written") }
        }
        return exitCode
    } catch {
        StandardError.tell(error)
        return StandardOutput.hasFailed ? ExitCode.failed : ExitCode.badInput
    }
}

/// The first word says what is wanted; without one, or with an option there, the program serves.
private func run(_ arguments: Arguments) throws(OperatorError) -> Int32 {
    guard let command = arguments[1] else { return try serve(arguments, at: 1) }
    if command == "certificate" || command == "cert" {
        return try CertificateCommand.run(arguments, at: 2, memory: memory.region())
    }
    if command == "probe" { return try ProbeCommand.run(arguments, at: 2, memory: memory.region()) }
    return try serve(arguments, at: command == "serve" ? 2 : 1)
}

private func serve(_ arguments: Arguments, at index: Int32) throws(OperatorError) -> Int32 {
    let options = try Options(arguments, at: index, defaults: config)
    switch options.action {
    case .help: printHelp()
    case .version: printVersion(options.config)
    case .serve: return try serve(options.config)
    case .testConfig:
        try Server.checkAndWarn(options.config, service: options.config.service, memory: memory.region())
        print("configuration ok")
    case .printConfig:
        let plan = try Server.check(options.config, service: options.config.service, memory: memory.region())
        printConfig(options.config, plan)
    }
    return ExitCode.done
}

private func serve(_ config: Config) throws(OperatorError) -> Int32 {
    Signals.holdRequests()
    if let exitCode = try config.detach() { return exitCode }
    do throws(OperatorError) {
        var server = try Server(config, service: config.service, memory: memory.region())
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
