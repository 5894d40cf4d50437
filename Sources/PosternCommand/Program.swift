// The program `postern`. SwiftPM makes the function below its main, as long as another file is beside this
// one: it takes a target's only file for a script.

import Port
import PosternCommandLine
import PosternLinux

@c(PosternCommand_main)
public func program(_ count: Int32, _ words: Arguments.Vector) -> Int32 {
    Program.run(programName, config, Arguments(count, words), runCommand)
}
