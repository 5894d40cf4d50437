// What tests need to compare and to print values of the core.

import PosternCore

extension ChannelError: Equatable {
    public static func == (left: ChannelError, right: ChannelError) -> Bool {
        left.reason == right.reason && left.code == right.code
    }
}

extension Text {
    var string: String { String(decoding: bytes, as: UTF8.self) }
}

extension Line {
    /// The line without its line feed.
    var string: String {
        var copy = self
        return copy.withTerminatedBytes { bytes in String(decoding: bytes.dropLast(), as: UTF8.self) }
    }

    static func with(_ compose: (inout Line) -> Void) -> String {
        var line = Line()
        compose(&line)
        return line.string
    }
}
