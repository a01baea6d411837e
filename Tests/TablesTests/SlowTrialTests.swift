import Glibc
import ReaderTrials
import Testing

/// Ten thousand inputs that are damaged or strange. `Tests/Fuzz` looks for more of them.
@Suite("Malformed input")
struct SlowTrialTests {
    @Test("of text and gzip is read or refused in one line, within limits of time and memory")
    func csv() async {
        let result = await #expect(processExitsWith: .success) { TrialRun(trial: .csv, caseCount: 3000).run() }
        report(.csv, succeeded: result != nil)
    }

    @Test("of arrays and archives is read or refused in one line, within limits of time and memory")
    func npz() async {
        let result = await #expect(processExitsWith: .success) { TrialRun(trial: .npz, caseCount: 2500).run() }
        report(.npz, succeeded: result != nil)
    }

    @Test("of formulas is read or refused in one line, within limits of time and memory")
    func formula() async {
        let result = await #expect(processExitsWith: .success) { TrialRun(trial: .formula, caseCount: 2000).run() }
        report(.formula, succeeded: result != nil)
    }

    @Test("of models is read or refused in one line, within limits of time and memory")
    func model() async {
        let result = await #expect(processExitsWith: .success) { TrialRun(trial: .model, caseCount: 2500).run() }
        report(.model, succeeded: result != nil)
    }

    /// Says how far the other process came.
    private func report(_ trial: ReaderTrial, succeeded: Bool) {
        let line = TrialLog(trial, process: getpid()).take()
        if succeeded { print(line) } else { Issue.record("\(line)") }
    }
}
