import Compute
import Engine
import Glibc
import Testing

/// Whether the run must have an OpenCL device: `KINDRED_REQUIRE_OPENCL=1`.
let isDeviceRequired = getenv("KINDRED_REQUIRE_OPENCL").map { String(cString: $0) } == "1"

extension Trait where Self == ConditionTrait {
    /// Leaves a test out on a machine without OpenCL devices.
    static var needsDevice: Self { .enabled(if: !Device.all().isEmpty, "there is no OpenCL device here") }
}

/// A folder of its own that is removed at the end.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/kindred-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXFailure(code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { removeAll(path) }

    /// The names of what is in the folder.
    var files: [String] { names(in: path) }
}

private func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

private func removeAll(_ path: String) {
    for name in names(in: path) { removeAll("\(path)/\(name)") }
    remove(path)
}

struct POSIXFailure: Error { let code: Int32 }

func readBytes(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else { throw POSIXFailure(code: errno) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return bytes
}

func writeBytes(_ bytes: [UInt8], to path: String) throws {
    guard let file = fopen(path, "w") else { throw POSIXFailure(code: errno) }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw POSIXFailure(code: errno) }
}

/// The first device of this machine with a cache of its own; only for tests with `.needsDevice`.
func makeContext(cache: DeviceCache = DeviceCache(folder: nil)) throws -> Context {
    try Context(device: try #require(Device.all().first), cache: cache)
}

/// One context for all tests that need no fresh one, so that each program is built once.
func sharedContext() throws -> Context { try SharedContext.result.get() }

private enum SharedContext {
    static let result = Result { try makeContext() }
}
