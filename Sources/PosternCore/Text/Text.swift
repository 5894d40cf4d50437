// A piece of constant UTF-8 text: what String would be if nothing may be allocated. Configurations are
// written with it, and words of the command line become one. It never owns its bytes: they must live as long
// as the program, as literals and the command line do.

/// A string that lives outside of it and forever: a literal, or an argument of the program.
public struct Text: ExpressibleByStringLiteral, @unchecked Sendable {
    /// The first byte; one zero byte stands behind the last.
    public let start: UnsafePointer<UInt8>
    /// Bytes, without the zero.
    public let count: Int

    public init(stringLiteral literal: StaticString) {
        start = literal.utf8Start
        count = literal.utf8CodeUnitCount
    }

    /// Text that C keeps: a word of the command line, an error's words.
    public init(zeroTerminated start: UnsafePointer<CChar>) {
        var count = 0
        while start[count] != 0 { count += 1 }
        self.start = UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self)
        self.count = count
    }

    /// Text with a length of its own: one zero byte stands behind it.
    public init(start: UnsafePointer<UInt8>, count: Int) {
        self.start = start
        self.count = count
    }

    public var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    /// The same bytes for C.
    public var zeroTerminated: UnsafePointer<CChar> {
        UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
    }

    public var isEmpty: Bool { count == 0 }

    /// The name of a file that means the same in every directory.
    public var isAbsolute: Bool { count > 0 && start[0] == UInt8(ascii: "/") }

    /// What a file below an absolute `directory` is called when that is the root: "/srv/a/b" below "/srv" is
    /// "/a/b". Nil when it is not below.
    public func below(_ directory: Text) -> Text? {
        var length = directory.count
        while length > 0, directory.start[length - 1] == UInt8(ascii: "/") { length -= 1 }
        guard count > length, start[length] == UInt8(ascii: "/") else { return nil }
        for index in 0..<length where start[index] != directory.start[index] { return nil }
        return Text(zeroTerminated: zeroTerminated + length)
    }

    /// What stands behind `beginning`; nil when it does not begin with that.
    public func behind(_ beginning: Text) -> Text? {
        guard count >= beginning.count else { return nil }
        for index in 0..<beginning.count where start[index] != beginning.start[index] { return nil }
        return Text(zeroTerminated: zeroTerminated + beginning.count)
    }

    public func ends(with ending: Text) -> Bool {
        guard count >= ending.count else { return false }
        let first = count - ending.count
        for index in 0..<ending.count where start[first + index] != ending.start[index] { return false }
        return true
    }

    /// Digits and nothing else, of a number that is at most `most`.
    public func number(upTo most: UInt64) -> UInt64? { number(ofFirst: count, upTo: most) }

    /// The same of the first `count` bytes.
    func number(ofFirst count: Int, upTo most: UInt64) -> UInt64? {
        guard count > 0 else { return nil }
        var value: UInt64 = 0
        for index in 0..<count {
            let byte = start[index]
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let digit = UInt64(widening: byte - UInt8(ascii: "0"))
            // Before it can overflow.
            guard digit <= most, value <= (most - digit) / 10 else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    public static func == (left: Text, right: Text) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.start[index] != right.start[index] { return false }
        return true
    }
}
