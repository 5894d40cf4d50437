// The time that certificates and revocation lists are made at. A board without a battery starts in 1970,
// and what is dated then is never valid: dates count from the release of this program instead, or from the
// beginning of the issuer's certificate, which is later than any time before it was made. Asked by all
// commands that issue.

import PosternCore
import PosternLinux
import PosternX509

package enum IssuingClock {
    nonisolated(unsafe) private static var earliestPlausibleSeconds = releaseSeconds
    nonisolated(unsafe) private static var hasWarned = false

    /// Something that an authority has to do with starts then. Only a clock that was never set is put right
    /// by it.
    static func raiseClockFloor(to seconds: Int64) {
        earliestPlausibleSeconds = max(earliestPlausibleSeconds, seconds)
    }

    /// Seconds since 1970, UTC. Says so once when the clock cannot be right.
    package static func seconds() -> Int64 {
        let now = Process.unixSeconds()
        guard now < releaseSeconds else { return now }
        if !hasWarned { warn(now) }
        hasWarned = true
        return earliestPlausibleSeconds
    }

    private static func warn(_ now: Int64) {
        var line = Line()
        line.append("the clock of this machine shows ")
        line.append(CalendarTime(seconds: now))
        line.append(" and has not been set; dates count from ")
        line.append(CalendarTime(seconds: earliestPlausibleSeconds))
        line.append(" instead")
        StandardError.warn(line)
    }
}
