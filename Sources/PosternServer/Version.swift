// The version of this release; CHANGELOG.md says what is in it.

import PosternCore

public let posternVersion: Text = "0.1.0"
