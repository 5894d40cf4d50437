// What the server does when the world around it changes: files are replaced (--watch), the clock is set.

import PosternCore
import PosternLinux
import PosternTLS

/// The files that are watched, by a stamp over all of them.
struct WatchedFiles: ~Copyable {
    let watch: FileWatch
    /// Of the files as they were when they were last loaded, or when that failed.
    fileprivate var loadedStamp: UInt64 = 0
    fileprivate var seenStamp: UInt64 = 0
    /// When they last changed; nil when they are as they were loaded.
    fileprivate(set) var changedAtMilliseconds: Int64?

    init(_ watch: consuming FileWatch, _ config: Config) {
        self.watch = watch
        noteLoaded(config)
    }

    fileprivate func watchAgain(_ config: Config) throws(SystemFault) { try config.watchFiles(with: watch) }

    mutating func noteLoaded(_ config: Config) {
        loadedStamp = config.filesStamp
        seenStamp = loadedStamp
        changedAtMilliseconds = nil
    }

    /// Something has happened in the folders; perhaps to other files.
    mutating func look(_ config: Config, atMilliseconds now: Int64) {
        watch.drain()
        let stamp = config.filesStamp
        guard stamp != seenStamp else { return }
        seenStamp = stamp
        changedAtMilliseconds = stamp == loadedStamp ? nil : now
    }
}

extension Config {
    fileprivate func watchFiles(with watch: borrowing FileWatch) throws(SystemFault) {
        var config = self
        var fault: SystemFault?
        config.forEachFile { file in fault = watch.add(file) ?? fault }
        if let fault { throw fault }
    }

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
    static func watchFiles(
        _ config: Config, _ poller: borrowing Poller
    ) throws(OperatorFault) -> WatchedFiles? {
        guard config.watchesFiles else { return nil }
        do throws(SystemFault) {
            let watch = try FileWatch()
            try config.watchFiles(with: watch)
            try poller.add(watch)
            return WatchedFiles(watch, config)
        } catch {
            throw OperatorFault(system: error)
        }
    }

    static func watchClock(
        _ config: Config, _ poller: borrowing Poller
    ) throws(OperatorFault) -> ClockWatch? {
        guard config.clients.certificates != .none || config.createsIdentity else { return nil }
        do throws(SystemFault) {
            let clock = try ClockWatch()
            try poller.add(clock)
            return clock
        } catch {
            throw OperatorFault(system: error)
        }
    }

    mutating func handleFiles() { files?.look(config, atMilliseconds: nowMilliseconds) }

    /// Loads files anew that have changed and then been left alone for a second.
    mutating func loadSettledFiles() {
        guard let changed = files?.changedAtMilliseconds,
            nowMilliseconds - changed >= Int64(widening: Limits.settledMilliseconds)
        else { return }
        isReloadWanted = true
        manager.tellReloading()
        noteFilesLoaded()
    }

    /// Right before they are loaded: what changes from now on is another change.
    mutating func noteFilesLoaded() {
        guard files != nil else { return }
        files?.noteLoaded(config)
        // A folder may have been replaced by another one. One that is gone takes its files along, which the
        // load reports.
        do throws(SystemFault) { try files?.watchAgain(config) } catch {}
    }

    mutating func handleClock() {
        guard clockWatch?.wasSet() ?? false else { return }
        log.write(.notice) { line in
            line.append("the clock was set")
            if credentials.clients != nil { line.append("; clients are judged again") }
        }
        ownIdentity.checkSoon()
        clockIsUnset = credentials.clockIsUnset
        judgeAll(because: nil)
    }

    /// A clock that goes on from the past reaches the floor by itself.
    mutating func noticeRightClock() {
        guard clockIsUnset, !credentials.clockIsUnset else { return }
        clockIsUnset = false
        log.write(.notice) { line in line.append("the clock is right by now; clients are judged again") }
        judgeAll(because: nil)
    }
}
