// How the program runs as a process: what an init script would want. Part of the configuration.

public struct ProcessChoices: Sendable {
    /// The server goes on in the background, and its caller gets the exit code when it listens.
    public var detaches: Bool
    /// A file for the process id.
    public var pidFile: Text?

    public init(detaches: Bool = false, pidFile: Text? = nil) {
        self.detaches = detaches
        self.pidFile = pidFile
    }
}
