// When this release was made: the time that no clock shows less of, once it has been set. The server, the
// commands that issue certificates and the rules for clients count from it where the clock shows less.

/// Start of the year of the release, 2026-01-01T00:00:00Z in seconds since 1970. A constant, so that builds
/// stay reproducible.
public let releaseSeconds: Int64 = 1_767_225_600
