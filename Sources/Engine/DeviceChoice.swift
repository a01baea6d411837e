import Compute
import Glibc

/// Which device a user asks for: the grammar of `--device` and of the environment variable `KINDRED_DEVICE`.
public enum DeviceChoice: Sendable, Equatable {
    /// A GPU if there is one and the work pays for it, else the CPU path.
    case auto
    /// The pure Swift path. OpenCL is not loaded.
    case cpu
    /// All GPUs that are like the first, which then share the tasks.
    case gpus
    /// The GPU with this index among the GPUs of all platforms.
    case gpu(Int)
    /// A device of any kind by its place.
    case openCL(platform: Int, device: Int)
    /// The device whose name contains this text, whatever its case; several of one name share the tasks.
    case named(String)

    /// Reads `auto`, `cpu`, `gpu`, `gpu:1`, `opencl:0.1`, or else part of a name.
    ///
    /// - Throws: ``ComputeError/deviceNotFound(_:)`` for an empty text or a malformed number.
    public init(parsing text: String) throws(ComputeError) {
        let word = text.lowercased()
        switch word {
        case "auto": self = .auto
        case "cpu": self = .cpu
        case "gpu": self = .gpus
        case _ where word.hasPrefix("gpu:"):
            guard let index = Self.index(word.dropFirst(4)) else { throw Self.malformed(text) }
            self = .gpu(index)
        case _ where word.hasPrefix("opencl:"):
            let indexes = word.dropFirst(7).split(separator: ".", omittingEmptySubsequences: false).map(Self.index)
            guard indexes.count == 2, let platform = indexes[0], let device = indexes[1] else {
                throw Self.malformed(text)
            }
            self = .openCL(platform: platform, device: device)
        case "": throw Self.malformed(text)
        default: self = .named(text)
        }
    }

    /// What the environment variable `KINDRED_DEVICE` asks for, `auto` when it is not set.
    public static func fromEnvironment() throws(ComputeError) -> DeviceChoice {
        guard let value = getenv("KINDRED_DEVICE"), value.pointee != 0 else { return .auto }
        return try DeviceChoice(parsing: String(cString: value))
    }

    private static func index(_ digits: Substring) -> Int? {
        digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
    }

    private static func malformed(_ text: String) -> ComputeError {
        .deviceNotFound("'\(text)' names no device: write auto, cpu, gpu, gpu:1, opencl:0.1 or part of a name")
    }

    /// Finds the devices that are meant, all of one kind; none is the CPU path.
    ///
    /// `auto` gives the GPUs: whether the work pays for them is for the caller to say.
    ///
    /// - Parameter devices: asked for only if the choice is not `cpu`, so that OpenCL is not loaded in vain.
    /// - Throws: ``ComputeError/deviceNotFound(_:)``, with the devices that there are, when none or several kinds are
    ///   meant.
    public func resolve(among devices: @autoclosure () -> [Device]) throws(ComputeError) -> [Device] {
        switch self {
        case .cpu: return []
        case .auto: return Self.likeFirst(devices().filter { $0.kind == .gpu })
        case .gpus:
            let all = devices()
            let gpus = all.filter { $0.kind == .gpu }
            if gpus.isEmpty { throw Self.notFound("no GPU here", all) }
            return Self.likeFirst(gpus)
        case .gpu(let index):
            let all = devices()
            let gpus = all.filter { $0.kind == .gpu }
            if gpus.indices.contains(index) { return [gpus[index]] }
            throw Self.notFound(gpus.isEmpty ? "no GPU here" : "no GPU \(index) here (they count from 0)", all)
        case .openCL(let platform, let index):
            let all = devices()
            if let device = all.first(where: { $0.platformIndex == platform && $0.deviceIndex == index }) {
                return [device]
            }
            throw Self.notFound("no device opencl:\(platform).\(index) here", all)
        case .named(let part):
            let all = devices()
            let matches = all.filter { $0.name.lowercased().contains(part.lowercased()) }
            if matches.isEmpty { throw Self.notFound("no device with '\(part)' in its name here", all) }
            // A whole name is meant even where it is also part of a longer one.
            let exact = matches.filter { $0.name.lowercased() == part.lowercased() }
            let meant = exact.isEmpty ? matches : exact
            if Self.likeFirst(meant).count == meant.count { return meant }
            throw .deviceNotFound("'\(part)' is in the name of different devices: \(Self.list(meant))")
        }
    }

    /// The devices of the first one's platform and name.
    private static func likeFirst(_ devices: [Device]) -> [Device] {
        devices.filter { $0.platformIndex == devices[0].platformIndex && $0.name == devices[0].name }
    }

    private static func notFound(_ finding: String, _ devices: [Device]) -> ComputeError {
        if devices.isEmpty { return .deviceNotFound("\(finding): no OpenCL device was found; use --device cpu") }
        return .deviceNotFound("\(finding); devices: \(list(devices)); or use --device cpu")
    }

    private static func list(_ devices: [Device]) -> String {
        devices.map { "\($0.selector) '\($0.name)'" }.joined(separator: ", ")
    }
}
