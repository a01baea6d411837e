import Compute
import Synchronization
import Tables

/// Tells how far a step is: a bar on a terminal, a plain line every ten seconds otherwise.
///
/// The bar appears only for steps that take longer than a moment, and leaves nothing behind.
final class ProgressLine: Sendable {
    private let label: String
    private let unit: String
    private let isShown: Bool
    private let isTerminal: Bool
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    private struct State {
        var done = 0
        var lastShown: ContinuousClock.Instant
        var hasBar = false
    }

    private static let barDelay = Duration.milliseconds(300)
    private static let barInterval = Duration.milliseconds(100)
    private static let lineInterval = Duration.seconds(10)

    init(_ label: String, unit: String, messages: Messages) {
        self.label = label
        self.unit = unit
        isShown = !messages.isQuiet
        isTerminal = Terminal.errorIsTerminal
        state = Mutex(State(lastShown: ContinuousClock.now))
    }

    /// Notes that `done` units are done, of `total` if that is known.
    func update(done: Int, total: Int?) {
        guard isShown else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            state.done = done
            let interval = isTerminal ? (state.hasBar ? Self.barInterval : Self.barDelay) : Self.lineInterval
            guard now - state.lastShown >= interval else { return }
            state.lastShown = now
            let text = line(done: done, total: total, after: now - start)
            if isTerminal {
                state.hasBar = true
                // A line that wrapped could not be taken away.
                Terminal.writeRaw("\r\u{1b}[K\(text.prefix(Terminal.errorWidth - 1))")
            } else {
                Terminal.writeError(text)
            }
        }
    }

    /// Adds to what is done.
    func advance(by count: Int, total: Int?) {
        update(done: state.withLock { $0.done } + count, total: total)
    }

    /// What passes over `total` rows tell; they are stopped when the user asks to.
    func ofPasses(total: Int) -> PassProgress {
        PassProgress { rows in
            self.advance(by: rows, total: total)
            return !Signals.isInterrupted
        }
    }

    /// Takes the bar away.
    func finish() {
        state.withLock { state in
            if state.hasBar { Terminal.writeRaw("\r\u{1b}[K") }
            state.hasBar = false
        }
    }

    private func line(done: Int, total: Int?, after elapsed: Duration) -> String {
        let seconds = max(1e-3, elapsed.inSeconds)
        let rate =
            unit == "B"
            ? "\(byteText(Int(Double(done) / seconds)))/s" : "\(counted(Int(Double(done) / seconds))) \(unit)/s"
        // Of some steps the total is a guess: beyond it nobody knows what is left.
        guard let total, total > 0, done < total else {
            return "\(label): \(unit == "B" ? byteText(done) : "\(counted(done)) \(unit)"), \(rate)"
        }
        let share = min(1, Double(done) / Double(total))
        let left = share > 0 ? seconds * (1 - share) / share : 0
        let filled = Int(share * 24)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
        return "\(label) [\(bar)] \(Int(share * 100)) %, \(rate), \(Int(left.rounded(.up))) s left"
    }
}
