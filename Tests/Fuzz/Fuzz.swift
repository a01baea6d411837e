import Glibc
import ReaderTrials

/// What libFuzzer calls with each input: the reader that `KINDRED_FUZZ` names reads it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if case .broken(let promise) = Fuzz.trial.verdict(on: bytes, in: Fuzz.folder) { fatalError(promise) }
    return 0
}

private enum Fuzz {
    // Unsafe: libFuzzer calls from one thread.
    nonisolated(unsafe) static let folder: TrialFolder = {
        atexit { folder.remove() }
        return TrialFolder()
    }()
    static let trial: ReaderTrial = {
        let name = getenv("KINDRED_FUZZ").map { String(cString: $0) } ?? ""
        guard let trial = ReaderTrial(rawValue: name) else {
            preconditionFailure("KINDRED_FUZZ is '\(name)', but the readers are \(ReaderTrial.allCases)")
        }
        return trial
    }()
}
