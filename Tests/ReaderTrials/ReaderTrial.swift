import Compute
import Tables

/// A reader that is given any bytes at all, in the way the program uses it.
package enum ReaderTrial: String, CaseIterable, Sendable {
    case csv, npz, formula, model

    /// What a reader made of its input. One that traps, hangs or takes all memory shows by itself.
    package enum Verdict: Equatable, Sendable {
        /// It read something, the same however the input was cut.
        case read
        /// It threw its error, with one line for the user.
        case refused
        /// It broke this promise.
        case broken(String)
    }

    /// Reads `bytes`.
    package func verdict(on bytes: [UInt8], in folder: TrialFolder) -> Verdict {
        switch self {
        case .csv: TableTrial.verdict(onText: bytes, in: folder)
        case .npz: TableTrial.verdict(onArrays: bytes, in: folder)
        case .formula: FormulaTrial.verdict(on: String(decoding: bytes, as: UTF8.self))
        case .model: ModelTrial.verdict(on: bytes, in: folder)
        }
    }
}

extension ReaderTrial.Verdict {
    /// Whether a reader may throw this error.
    ///
    /// - Parameters:
    ///   - kind: what kind of failure bad input is.
    ///   - subject: what the line must name, as the file.
    init(_ error: TableError, of kind: TableError.Kind = .data, naming subject: String = "") {
        if error.kind != kind {
            self = .broken("an error is of kind \(error.kind): \(error)")
        } else {
            self = error.flaw(naming: subject).map { .broken($0) } ?? .refused
        }
    }
}

extension TableError {
    /// What is wrong with this as a line for the user, if anything is.
    ///
    /// - Parameter subject: what the line must name, as the file.
    fileprivate func flaw(naming subject: String) -> String? {
        // By bytes: what is found may begin with a mark that combines with the character before.
        if !subject.isEmpty, !description.utf8.contains(subject.utf8) {
            return "an error does not name '\(subject)': \(description)"
        }
        if !description.contains(";") { return "an error does not say what to do: \(description)" }
        if description.utf8.count > 10_000 { return "an error has \(description.utf8.count) bytes" }
        for letter in description.unicodeScalars {
            switch letter.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                return
                    "an error holds the character U+\(String(letter.value, radix: 16)): \(description.debugDescription)"
            default: continue
            }
        }
        return nil
    }
}
