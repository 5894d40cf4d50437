// What the server does when the world around it changes: files are replaced (--watch), the clock is set.

import PosternAuthorization
import PosternCore
import PosternLinux
import PosternTLS

/// The files that are watched, by a stamp over all of them and the directories and links on their ways.
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
            if let fault = watch.add(file, wantsFile: wantsFiles) { tell(file, fault) }
        }
        try poller.add(watch)
        return watch
    }

    /// Names may lead elsewhere by now. All watches are set again, so that none is left on what is nobody's
    /// way any more; without descriptors for that, the old ones stay.
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

extension Config {
    /// Makes certificates itself, and so has to know when one has come to its end.
    fileprivate var createsIdentity: Bool {
        for index in 0..<identities.count {
            if case .createIfMissing = identities[index].missing { return true }
        }
        return false
    }

    fileprivate var filesStamp: UInt64 {
        var config = self
        var stamp: UInt64 = 0
        config.forEachFile { file in stamp = FileWatch.stamp(of: file, mixedWith: stamp) }
        return stamp
    }
}

extension Server {
    /// What cannot be watched is told, and loaded on SIGHUP.
    static func watchFiles(_ config: Config, _ poller: borrowing Poller, _ log: Log) -> WatchedFiles? {
        guard config.watchesFiles else { return nil }
        do throws(SystemError) {
            return try WatchedFiles(config, poller) { file, fault in
                log.write(.warning) { line in
                    line.append("file '")
                    line.append(file)
                    line.append("' is not watched: ")
                    line.append(fault.text)
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

    static func watchClock(
        _ config: Config, _ poller: borrowing Poller
    ) throws(OperatorError) -> ClockWatch? {
        guard config.clients.certificates != .none || config.createsIdentity else { return nil }
        do throws(SystemError) {
            let clock = try ClockWatch()
            try poller.add(clock)
            return clock
        } catch {
            throw OperatorError(system: error)
        }
    }

    mutating func handleFiles() { files?.look(config, poller, atMilliseconds: nowMilliseconds) }

    /// Reloads files that have changed and then been left alone for a second.
    mutating func loadSettledFiles() {
        guard let changed = files?.changedAtMilliseconds,
            nowMilliseconds - changed >= Int64(widening: Limits.settledMilliseconds)
        else { return }
        requestReload()
    }

    mutating func handleClock() {
        guard clockWatch?.wasSet() ?? false else { return }
        log.write(.notice) { line in
            line.append("the clock was set")
            if credentials.clients != nil { line.append("; clients are authorized again") }
        }
        ownIdentity.checkSoon()
        clockIsUnset = credentials.clockIsUnset
        reauthorizeAll(because: nil)
    }

    /// A clock that goes on from the past reaches the floor by itself.
    mutating func noticeRightClock() {
        guard clockIsUnset, !credentials.clockIsUnset else { return }
        clockIsUnset = false
        log.write(.notice) { line in line.append("the clock is right by now; clients are authorized again") }
        reauthorizeAll(because: nil)
    }
}
