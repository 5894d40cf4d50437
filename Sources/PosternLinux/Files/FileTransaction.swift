// Writing files that belong together. All get temporary names beside their places first; when all are on
// disk, they are put in place one after the other, which is the order of a power failure too. Called by
// NewFiles.write alone.

import CLinux
import PosternCore

struct FileTransaction {
    /// Room for what is noted of five files.
    typealias Memory = InlineArray<530, UInt64>

    private enum Step { case find, stage, publish }

    private let files: UnsafePointer<NewFile>
    private let staged: UnsafeMutablePointer<StagedFile>
    private let count: Int
    private let owner: Account?
    /// How many were looked for.
    private var found = 0
    private var index = 0
    /// The file that failed.
    var current: NewFile { files[index] }

    /// `memory` holds a Memory that is zero, which is what a StagedFile is at first.
    init(
        _ files: UnsafePointer<NewFile>, count: Int, owner: Account?, _ memory: UnsafeMutableRawBufferPointer
    ) {
        precondition(memory.count >= count * MemoryLayout<StagedFile>.stride, "a place for each file")
        self.files = files
        self.count = count
        self.owner = owner
        staged = memory.baseAddress!.assumingMemoryBound(to: StagedFile.self)
    }

    /// Returns 0, or why nothing was written.
    mutating func run() -> Int32 {
        var code: Int32 = 0
        do throws(CallError) {
            try forEach(.find)
            try forEach(.stage)
            try forEach(.publish)
        } catch {
            code = error.code
        }
        finish(hasFailed: code != 0)
        return code
    }

    private mutating func forEach(_ step: Step) throws(CallError) {
        index = 0
        while index < count {
            switch step {
            case .find: try find()
            case .stage: try staged[index].stage(files[index], owner)
            case .publish: try staged[index].publish(files[index])
            }
            index += 1
        }
    }

    private mutating func find() throws(CallError) {
        found = index + 1
        try staged[index].find(files[index], owner)
        guard !files[index].content.isAgain else { return }
        for other in 0..<index where staged[index].place.isSame(&staged[other].place) {
            throw CallError(code: SystemError.placeTakenTwice)
        }
    }

    /// From the last to the first, since one place may have been written twice.
    private func finish(hasFailed: Bool) {
        for index in (0..<found).reversed() {
            if hasFailed { staged[index].undo() }
            staged[index].close()
        }
    }
}
