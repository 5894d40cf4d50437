// The version of this release; CHANGELOG.md says what is in it.

import PosternCore

public let posternVersion: Text = "0.1.0"

/// Start of the year of the release, 2026-01-01T00:00:00Z in seconds since 1970: a clock that shows less has
/// not been set. A constant, so that builds stay reproducible.
public let releaseSeconds: Int64 = 1_767_225_600
