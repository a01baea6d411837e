import ArgumentParser
import Compute
import Studies
import Tables

/// Why a command ends early: one line for the user and the exit code that scripts go by.
struct Failure: Error {
    let code: Int32
    let message: String

    var line: String { "kindred: \(message)" }
    var exitCode: ExitCode { ExitCode(code) }

    static let usageCode: Int32 = 64
    static let dataCode: Int32 = 65
    static let noInputCode: Int32 = 66
    static let noDeviceCode: Int32 = 69
    static let internalCode: Int32 = 70
    static let cannotWriteCode: Int32 = 73
    /// Stopped before its end, and can be gone on with.
    static let unfinishedCode: Int32 = 75
    static let interruptedCode: Int32 = 130
    /// As a shell reports a program that a closed pipe has ended; like such a program it says nothing.
    static let readerGoneCode: Int32 = 141

    init(code: Int32, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: TableError) {
        message = error.description
        code =
            switch error.kind {
            case .usage: Self.usageCode
            case .data: Self.dataCode
            case .noInput: Self.noInputCode
            case .cannotWrite: Self.cannotWriteCode
            case .readerGone: Self.readerGoneCode
            case .interrupted: Self.interruptedCode
            }
    }

    init(_ error: ComputeError) {
        message = error.description
        code =
            switch error {
            case .deviceNotFound, .doubleUnsupported: Self.noDeviceCode
            case .outOfMemory, .deviceFailure, .buildFailed: Self.internalCode
            case .unreadableRows: Self.noInputCode
            case .interrupted: Self.interruptedCode
            }
    }

    init(_ error: StudyError) {
        code = Self.dataCode
        message = error.description
    }

    /// Runs `body` and turns the errors of the layers below into failures.
    static func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as TableError {
            throw Failure(error)
        } catch let error as ComputeError {
            throw Failure(error)
        } catch let error as StudyError {
            throw Failure(error)
        }
    }
}
