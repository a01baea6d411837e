import Foundation
import Testing

/// PoCL's processor made to look like a GPU that is far faster than the CPU path, so that `auto` takes it.
struct DisguisedGPU {
    /// What runs need to see it, with a cache of their own.
    let environment: [String: String?]
    private let folder: Folder

    /// A library that answers one question differently and leaves everything else to the real one.
    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        int clGetDeviceInfo(void *device, unsigned name, unsigned long capacity, void *value, unsigned long *size) {
            int (*real)(void *, unsigned, unsigned long, void *, unsigned long *) = dlsym(RTLD_NEXT, "clGetDeviceInfo");
            int status = real(device, name, capacity, value, size);
            const unsigned type = 0x1000, gpu = 4;
            if (status == 0 && name == type && value) *(unsigned long *)value = gpu;
            return status;
        }
        """

    init() throws {
        folder = try Folder()
        let text = try folder.write("gpu.c", Self.source)
        let library = folder.path("gpu.so")
        let compiled = try Program.run(
            ["-shared", "-fPIC", "-o", library, text, "-Wl,--no-as-needed", "-l:libOpenCL.so.1"], in: folder,
            program: Self.compiler)
        try #require(compiled.code == 0, "\(compiled)")
        environment = [
            "KINDRED_OPENCL": library, "KINDRED_CACHE": folder.path("cache"), "POCL_DEVICES": "pthread",
        ]
        // Once measured, the speeds are in the cache.
        let measured = try Program.run(["devices"], in: folder, environment: environment)
        try #require(measured.code == 0, "\(measured)")
        let cache = folder.path("cache")
        for name in try FileManager.default.contentsOfDirectory(atPath: cache) where name.hasPrefix("probe-") {
            try Self.slowDown("\(cache)/\(name)")
        }
    }

    /// Makes the CPU path's speeds, which has none of transfers, those of a tortoise.
    private static func slowDown(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        let file = try Data(contentsOf: url)
        let lines = String(decoding: file.dropFirst(24), as: UTF8.self).split(separator: "\n")
        guard lines.contains("-") else { return }
        let speeds = Array(lines.map { $0 == "-" ? "-" : "1e-9" }.joined(separator: "\n").utf8)
        // FNV-1a of 128 bits, least byte first.
        let offset = UInt128(0x6c62_272e_07bb_0142) << 64 | 0x62b8_2175_6295_c58d
        let prime = UInt128(1) << 88 | 0x13b
        let sum = speeds.reduce(offset) { ($0 ^ UInt128($1)) &* prime }
        let sumBytes = (0..<16).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
        try (Data(file.prefix(8)) + Data(sumBytes + speeds)).write(to: url)
    }

    static let compiler =
        ["/usr/bin/cc", "/usr/bin/clang"].first { FileManager.default.isExecutableFile(atPath: $0) } ?? "cc"

    static var canBeMade: Bool { Accelerator.canBeTwo && FileManager.default.isExecutableFile(atPath: compiler) }
}
