// The kernel's random numbers. Early in the first boot of a device there may be none yet, and whoever asks
// waits, silently.

import CLinux
import PosternCore

public enum KernelRandom {
    /// Waits until there are random numbers, and says so in the log if that takes time.
    public static func wait(_ config: LogConfig) {
        guard clinux_random_is_ready() == 0 else { return }
        let log = Log(config)
        let start = clinux_monotonic_milliseconds()
        log.write(.notice) { line in line.append("waiting for the kernel to have random numbers") }
        clinux_random_wait()
        log.write(.notice) { line in
            line.append("the kernel has random numbers after ")
            line.append(clinux_monotonic_milliseconds() - start)
            line.append(" ms")
        }
    }
}
