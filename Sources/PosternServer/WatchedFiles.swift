// The files that --watch reloads when they change, by a stamp over all of them and the directories and links
// on their ways. Used by Credentials alone.

import PosternCore
import PosternLinux

struct WatchedFiles: ~Copyable {
    private var watch: FileWatch
    /// Of the files as they were when they were last loaded, or when that failed.
    private var loadedStamp: UInt64 = 0
    private var seenStamp: UInt64 = 0
    /// When they last changed; nil when they are as they were loaded.
    private(set) var changedAtMilliseconds: Int64?

    /// `tell` hears of each file that cannot be watched.
    init(
        _ config: Config, _ poller: borrowing Poller, _ tell: (Text, SystemError) -> Void
    ) throws(SystemError) {
        watch = try WatchedFiles.watch(config, poller, tell)
        loadedStamp = config.filesStamp
        seenStamp = loadedStamp
    }

    private static func watch(
        _ config: Config, _ poller: borrowing Poller, _ tell: (Text, SystemError) -> Void
    ) throws(SystemError) -> FileWatch {
        let watch = try FileWatch()
        var config = config
        // A file was there when it was loaded; below another root it may not be.
        let wantsFiles = config.process.chroot != nil
        config.forEachFile { file in
            if let error = watch.add(file, wantsFile: wantsFiles) { tell(file, error) }
        }
        try poller.add(watch)
        return watch
    }

    /// Names may lead elsewhere by now. All watches are set again, so that no watch is left on a path that
    /// is not used any more; without descriptors for that, the old ones stay.
    private mutating func watchAgain(_ config: Config, _ poller: borrowing Poller) {
        do throws(SystemError) { watch = try WatchedFiles.watch(config, poller) { _, _ in } } catch {}
    }

    mutating func noteLoaded(_ config: Config, _ poller: borrowing Poller) {
        watchAgain(config, poller)
        loadedStamp = config.filesStamp
        seenStamp = loadedStamp
        changedAtMilliseconds = nil
    }

    /// Something has happened on the way to the files; perhaps to other ones.
    mutating func look(_ config: Config, _ poller: borrowing Poller, atMilliseconds now: Int64) {
        watch.drain()
        guard config.filesStamp != seenStamp else { return }
        watchAgain(config, poller)
        // What has happened before there was a watch is in the stamp.
        seenStamp = config.filesStamp
        changedAtMilliseconds = seenStamp == loadedStamp ? nil : now
    }
}

extension WatchedFiles {
    /// Nil where no file is watched. What cannot be watched is told, and loaded on SIGHUP.
    static func start(_ config: Config, _ poller: borrowing Poller, _ log: borrowing ServerLog)
        -> WatchedFiles?
    {
        guard config.watchesFiles else { return nil }
        do throws(SystemError) {
            return try WatchedFiles(config, poller) { file, error in
                log.write(.warning) { line in
                    line.append("file '")
                    line.append(file)
                    line.append("' is not watched: ")
                    line.append(error.text)
                    line.append("; send SIGHUP when it has changed")
                }
            }
        } catch {
            log.write(.warning) { line in
                line.append("no file is watched: ")
                line.append(error.text)
                line.append("; send SIGHUP when one has changed")
            }
            return nil
        }
    }
}

extension Config {
    fileprivate var filesStamp: UInt64 {
        var config = self
        var stamp: UInt64 = 0
        config.forEachFile { file in stamp = FileWatch.stamp(of: file, mixedWith: stamp) }
        return stamp
    }
}
