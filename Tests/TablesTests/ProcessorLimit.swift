import Compute
import Glibc
import Testing

/// Expects `body` to take less than a minute of this thread's processor time. Its wait for a thread among hundreds of other
/// tests, which a time limit counts, does not; a limit is beside it for what never ends.
func expectMinute<Result>(_ body: () throws -> Result) rethrows -> Result {
    let start = seconds(by: CLOCK_THREAD_CPUTIME_ID)
    defer { #expect(seconds(by: CLOCK_THREAD_CPUTIME_ID) - start < 60) }
    return try body()
}
