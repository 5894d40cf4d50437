// The commands of the program: it serves, or runs one of the others. What it serves and where stands in the
// port's Config.swift.

import Port
import PosternCertificates
import PosternCommandLine
import PosternCore
import PosternLinux
import PosternProbe

let programName: Text = "postern"

/// The first word says what is wanted; without one, or with an option there, the program serves.
func runCommand(_ arguments: Arguments) throws(OperatorError) -> Int32 {
    let command = arguments[1] ?? ""
    if command == "certificate" || command == "cert" {
        return try CertificateCommand.run(arguments, at: 2, memory: memory.region())
    }
    if command == "probe" { return ProbeCommand.run(arguments, at: 2, memory: memory.region()) }
    let server = ServerCommand(
        programName, config, memory: memory.region(),
        usage: """
            usage: postern [serve] [options]
                   postern certificate COMMAND [options]
                   postern probe [options] HOST:PORT
            """)
    return try server.run(arguments, at: command == "serve" ? 2 : 1)
}
