// JSON (RFC 8259) on standard output: one object on one line, written member by member as it is put
// together. Untrusted values are safe in it: what is no UTF-8 becomes U+FFFD, and no control character
// reaches a terminal.

import CLinux
import PosternCore

public struct JSONOutput {
    private var buffer = InlineArray<512, UInt8>(repeating: 0)
    private var count = 0
    /// A value stands before the place where the next one goes.
    private var needsComma = false

    public init() {}

    /// The outermost object begins, and ends with its line: for those who write it in several places.
    public mutating func begin() { raw(UInt8(ascii: "{")) }

    public mutating func end() {
        raw("}")
        finish()
    }

    /// Ends the line and writes what is left.
    public mutating func finish() {
        raw("\n")
        flush()
    }

    /// `{` ... `}`: the whole, or an element.
    public mutating func object(_ members: (inout JSONOutput) -> Void) {
        beginObject()
        members(&self)
        endObject()
    }

    public mutating func object(_ name: Text, _ members: (inout JSONOutput) -> Void) {
        key(name)
        object(members)
    }

    /// `"name": [` ... `]`
    public mutating func array(_ name: Text, _ elements: (inout JSONOutput) -> Void) {
        beginArray(name)
        elements(&self)
        endArray()
    }

    /// The two ends of an array, for those who write its elements in several places.
    public mutating func beginArray(_ name: Text) {
        key(name)
        open(UInt8(ascii: "["))
    }

    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The two ends of an element that is an object.
    public mutating func beginObject() {
        separate()
        open(UInt8(ascii: "{"))
    }

    public mutating func endObject() { close(UInt8(ascii: "}")) }

    public mutating func member(_ name: Text, _ value: Text) { member(name, value.bytes) }

    public mutating func member(_ name: Text, _ value: UnsafeBufferPointer<UInt8>) {
        key(name)
        element(value)
    }

    /// A value that is put together as a line is.
    public mutating func member(_ name: Text, _ compose: (inout Line) -> Void) {
        var line = Line()
        compose(&line)
        member(name, line)
    }

    // Apart from the closure: the compiler makes a copy of what takes one for each that is given.
    @inline(never) public mutating func member(_ name: Text, _ value: borrowing Line) {
        key(name)
        element(value)
    }

    public mutating func member(_ name: Text, _ value: Int64) {
        key(name)
        var line = Line()
        line.append(value)
        raw(line)
        needsComma = true
    }

    public mutating func member(_ name: Text, _ value: Bool) {
        key(name)
        element(value)
    }

    public mutating func null(_ name: Text) {
        key(name)
        raw("null")
        needsComma = true
    }

    // Elements of an array

    public mutating func element(_ value: Bool) {
        separate()
        raw(value ? "true" : "false")
        needsComma = true
    }

    public mutating func element(_ compose: (inout Line) -> Void) {
        var line = Line()
        compose(&line)
        element(line)
    }

    @inline(never) private mutating func element(_ value: borrowing Line) {
        var line = copy value
        line.withTerminatedBytes { element(UnsafeBufferPointer(rebasing: $0[..<($0.count - 1)])) }
    }

    public mutating func element(_ value: UnsafeBufferPointer<UInt8>) {
        separate()
        quoted(value)
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        raw(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        raw(bracket)
        needsComma = true
    }

    private mutating func key(_ name: Text) {
        separate()
        quoted(name.bytes)
        raw(": ")
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { raw(", ") }
        needsComma = false
    }

    private mutating func quoted(_ text: UnsafeBufferPointer<UInt8>) { JSONText.quote(text) { raw($0) } }

    private mutating func raw(_ text: Text) { for byte in text.bytes { raw(byte) } }

    private mutating func raw(_ line: Line) {
        var line = line
        line.withTerminatedBytes { for byte in $0 where byte != UInt8(ascii: "\n") { raw(byte) } }
    }

    private mutating func raw(_ byte: UInt8) {
        if count == 512 { flush() }
        buffer[count] = byte
        count += 1
    }

    private mutating func flush() {
        let length = count
        count = 0
        withUnsafePointer(to: &buffer) { buffer in
            StandardOutput.write(
                UnsafeBufferPointer(
                    start: UnsafeRawPointer(buffer).assumingMemoryBound(to: UInt8.self), count: length))
        }
    }
}
