import Glibc
import ReaderTrials
import Testing

/// Many trials of one reader, each within limits of time and memory, in a process that runs nothing else.
struct TrialRun {
    let trial: ReaderTrial
    let caseCount: Int

    /// Case `number` of a reader is the same input at every run.
    static let seed: UInt64 = 0x4B69_6E64_7265_6404
    /// A case takes milliseconds; on a busy machine some take longer. A process that a case holds longer is ended.
    private static let secondsPerCase: UInt32 = 20
    /// What a reader holds of its own, whatever it reads, is less: two blocks of 8 MB and tables of labels.
    private static let peakLimit = 128 << 20
    /// No address beyond this can be had: an allocation of what a header claims fails.
    private static let addressLimit: rlim_t = 8 << 30

    static func input(_ trial: ReaderTrial, _ number: Int) -> [UInt8] {
        switch trial {
        case .csv: MalformedText.bytes(number, seed: seed)
        case .npz: MalformedArrays.bytes(number, seed: seed)
        case .formula: MalformedFormula.bytes(number, seed: seed)
        case .model: MalformedModel.bytes(number, seed: seed)
        }
    }

    func run() {
        var limit = rlimit(rlim_cur: Self.addressLimit, rlim_max: .max)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
        let folder = TrialFolder()
        let log = TrialLog(trial, process: getppid())
        var counts = (read: 0, refused: 0)
        var slowest = (number: 0, time: Duration.zero)
        for number in 0..<caseCount {
            let name = "\(trial.rawValue), seed \(Self.seed), case \(number)"
            let input = Self.input(trial, number)
            log.write("the process ended in \(name), whose input is still in \(folder.path)")
            alarm(Self.secondsPerCase)
            let start = ContinuousClock.now
            switch trial.verdict(on: input, in: folder) {
            case .read: counts.read += 1
            case .refused: counts.refused += 1
            case .broken(let promise): Issue.record("\(name): \(promise)")
            }
            let time = ContinuousClock.now - start
            if time > slowest.time { slowest = (number, time) }
            guard Self.peakBytes <= Self.peakLimit else {
                Issue.record("\(name): the process has taken \(Self.peakBytes >> 20) MB")
                break
            }
        }
        alarm(0)
        log.write(
            "\(trial.rawValue): \(caseCount) inputs, \(counts.read) read and \(counts.refused) refused; "
                + "slowest was case \(slowest.number) in \(slowest.time), peak \(Self.peakBytes >> 20) MB")
        #expect(Self.peakBytes > 0)
        // Inputs that all are read, or all refused at the door, try little.
        #expect(counts.read > caseCount / 25)
        #expect(counts.refused > caseCount / 4)
    }

    /// The most memory this process has had. What `getrusage` tells counts the process that started it too.
    private static var peakBytes: Int {
        let status = String(decoding: ReaderFolder.bytes("/proc/self/status"), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) } ?? 0)
            << 10
    }
}

/// One line that a process leaves for the one that started it, also when it crashes.
struct TrialLog {
    private let path: String

    /// - Parameter process: the one that is to read it.
    init(_ trial: ReaderTrial, process: pid_t) { path = "/tmp/kindred-trial-\(process)-\(trial.rawValue)" }

    func write(_ line: String) {
        guard let file = fopen(path, "w") else { return }
        fputs(line, file)
        fclose(file)
    }

    /// Reads the line and removes it.
    func take() -> String {
        defer { unlink(path) }
        return String(decoding: ReaderFolder.bytes(path), as: UTF8.self)
    }
}
