import Glibc
import Synchronization

/// What the program makes of signals.
enum Signals {
    private static let interruptions = Atomic<Int>(0)

    /// Whether the user has asked to stop (Ctrl-C). Long work asks this between steps, and ends with nothing half
    /// written; a second Ctrl-C ends the program at once.
    static var isInterrupted: Bool { interruptions.load(ordering: .relaxed) > 0 }

    /// Notes interruptions, and makes a closed pipe and a full disk errors of the write instead of a sudden end.
    static func prepare() {
        // Made before the handler can run.
        _ = isInterrupted
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        signal(SIGINT) { _ in
            Signals.interruptions.add(1, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
    }
}
