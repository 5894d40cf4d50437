// What the program is called in its messages and log lines.

import PosternCore

public enum ProgramName {
    /// Set once, before anything is said.
    nonisolated(unsafe) public static var current: Text = "postern"
}
