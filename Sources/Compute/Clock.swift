import Glibc

/// Seconds by one of the system's clocks: `CLOCK_MONOTONIC`, or `CLOCK_PROCESS_CPUTIME_ID` for the time of all processors
/// that this process has taken.
package func seconds(by clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
