// The names of a command's options as C wants them, and the one that a mistyped word may have meant.

import CLinux
import PosternCore

struct OptionNames: ~Copyable {
    private var options = InlineArray<80, clinux_option>(
        repeating: clinux_option(name: nil, letter: 0, takes_argument: 0))
    private var count = 0
    /// Options that the command takes, a flag each; the table has those of its siblings too.
    private var taken = InlineArray<80, Bool>(repeating: false)

    mutating func append(_ name: Text, letter: UInt8, takesArgument: Bool, isTaken: Bool) {
        precondition(Int(CLINUX_OPTION_LIMIT) == options.count && count < options.count)
        options[count] = clinux_option(
            name: name.zeroTerminated, letter: letter, takes_argument: takesArgument ? 1 : 0)
        taken[count] = isTaken
        count += 1
    }

    func isTaken(_ index: Int) -> Bool { taken[index] }

    func name(_ index: Int) -> Text { options[index].name.map(Text.init(zeroTerminated:)) ?? "" }

    func withPointer<Result>(_ body: (UnsafePointer<clinux_option>, Int) -> Result) -> Result {
        withUnsafePointer(to: options) { options in
            body(UnsafeRawPointer(options).assumingMemoryBound(to: clinux_option.self), count)
        }
    }

    /// An option that the word abbreviates, as others do, or the one that is at most two letters away.
    func nearest(to word: Text) -> Text? {
        guard word.count > 3, word.start[0] == UInt8(ascii: "-"), word.start[1] == UInt8(ascii: "-") else {
            return nil
        }
        var end = 2
        while end < word.count, word.start[end] != UInt8(ascii: "=") { end += 1 }
        let typed = UnsafeBufferPointer(rebasing: word.bytes[2..<end])
        var best: Text?
        var bestDistance = 3
        for index in 0..<count where taken[index] {
            if isStart(typed, of: name(index)) { return name(index) }
            guard let distance = EditDistance.between(typed, name(index).bytes), distance < bestDistance
            else {
                continue
            }
            best = name(index)
            bestDistance = distance
        }
        return best
    }

    private func isStart(_ typed: UnsafeBufferPointer<UInt8>, of name: Text) -> Bool {
        guard typed.count <= name.count else { return false }
        for index in 0..<typed.count where typed[index] != name.start[index] { return false }
        return true
    }
}
