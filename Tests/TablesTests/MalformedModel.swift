import Compute
import Tables

/// Model files, of JSON and of arrays, that are damaged or hold what does not belong: case `number` is always the same.
struct MalformedModel {
    private var malformer: Malformer

    /// The same fits as JSON and as arrays.
    private static let originals: (json: [[UInt8]], arrays: [[UInt8]]) = {
        let models = [model(hasCenter: false), model(hasCenter: true)]
        return (models.map { bytes(of: $0, asArrays: false) }, models.map { bytes(of: $0, asArrays: true) })
    }()

    static func bytes(_ number: Int, seed: UInt64) -> [UInt8] {
        let whole = originals.json[0]
        // The first cases are one model that ends too early, at every place.
        if number <= whole.count { return Array(whole.prefix(number)) }
        var model = MalformedModel(
            malformer: Malformer(
                seed: seed, number: number,
                tokens: [
                    "null", "true", "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "\\ud83d", "\\", "1e999", "-1",
                    "\"tasks\": [",
                    "\"format\": 1,", "PK\u{5}\u{6}", "'shape': (",
                ]))
        return model.make()
    }

    private mutating func make() -> [UInt8] {
        if malformer.isOnce(in: 4) {
            var bytes = malformer.choice(Self.originals.arrays)
            malformer.damage(&bytes)
            return bytes
        }
        var bytes = malformer.choice(Self.originals.json)
        for _ in 0..<malformer.below(3) { replaceValue(in: &bytes) }
        if malformer.isOnce(in: 3) { malformer.damage(&bytes) }
        return bytes
    }

    /// Replaces, removes or repeats a member of an object, or what it is.
    private mutating func replaceValue(in bytes: inout [UInt8]) {
        let colons = bytes.indices.filter { bytes[$0] == UInt8(ascii: ":") }
        guard let colon = colons.randomElement(using: &malformer.random) else { return }
        let value = colon + 1..<Self.end(ofValueFrom: colon + 1, in: bytes)
        let name = (bytes[..<colon].lastIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: ",") } ?? colon - 1) + 1
        switch malformer.below(6) {
        case 0: bytes.removeSubrange(name..<value.upperBound)
        case 1: bytes.insert(contentsOf: Array(bytes[name..<value.upperBound]) + [UInt8(ascii: ",")], at: name)
        case 2:
            // What another member has.
            let other = malformer.choice(colons) + 1
            bytes.replaceSubrange(value, with: Array(bytes[other..<Self.end(ofValueFrom: other, in: bytes)]))
        default: bytes.replaceSubrange(value, with: Array(" \(oddValue())".utf8))
        }
    }

    private mutating func oddValue() -> String {
        if malformer.isOnce(in: 3) { return malformer.choice(Malformer.extremes) }
        let count = 1 << (4 + malformer.below(14))
        return malformer.choice([
            "null", "true", "[]", "{}", "\"\"", "\"x\"", "[null]", "[1e999]", "{\"a\": {}}", "\"\\u0000\\n\\ud800\"",
            "\"y ~ (a + b)^9\"", "\"y ~ x*g\"", "{\"g\": [\"p\"]}", "{\"x\": [\"p\", \"p\"]}", "[\"(Intercept)\"]",
            String(repeating: "[", count: count), String(repeating: "{\"a\":", count: count),
            "\"" + String(repeating: "y", count: count) + "\"", "[" + String(repeating: "0,", count: count) + "0]",
            "{\"g\": [" + String(repeating: "\"l\", ", count: count) + "\"m\"]}",
        ])
    }

    /// Where a value of JSON ends.
    private static func end(ofValueFrom start: Int, in bytes: [UInt8]) -> Int {
        var depth = 0
        var isQuoted = false
        for place in start..<bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "["), UInt8(ascii: "{"): if !isQuoted { depth += 1 }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if !isQuoted { depth -= 1 }
                if depth < 0 { return place }
            case UInt8(ascii: ","): if !isQuoted, depth == 0 { return place }
            default: continue
            }
        }
        return bytes.count
    }

    private static func model(hasCenter: Bool) -> ModelFile {
        let terms = ["(Intercept)", "x", "gq"]
        return ModelFile(
            version: "0", method: "itl", formula: "y ~ x + g", taskColumn: "task", response: "y", terms: terms,
            levels: ["g": ["p", "q"]], settings: [.init("na", .string("NA,")), .init("level", .number(0.95))],
            center: hasCenter
                ? .init(coefficients: [1, 2, 3], standardErrors: [1, 1, .nan], sampleCount: 9, degreesOfFreedom: 6)
                : nil,
            clusters: hasCenter ? .init(centers: [[1, 2, 3], [4, 5, .nan]], labels: [0, 1, 0]) : nil,
            subspace: hasCenter ? .init(basis: [[0, 1, 0], [0, 0, 1]], loadings: [1, 2, 3, 4, 5, 6]) : nil,
            tuning: hasCenter
                ? .init(
                    penalties: [0.5, .infinity], errors: [2, 1], standardErrors: [1, .nan], sizes: [1, 2], chosen: 1)
                : nil,
            summary: [.init("tasks", .integer(3))],
            provenance: .init(
                device: "cpu", precision: "double", notices: ["slow"], seed: 1, timings: [.init("fit", .number(0.5))]),
            tasks: .init(
                labels: Labels(["a", "b", "c \"d\""]), sampleCounts: [9, 4, 0], degreesOfFreedom: [6, 1.5, .nan],
                statuses: [.ok, .collinear(feature: 1), .tooFewRows], coefficients: (0..<9).map { Double($0) / 3 },
                standardErrors: Array(repeating: .nan, count: 9)))
    }

    private static func bytes(of model: ModelFile, asArrays: Bool) -> [UInt8] {
        let folder = ReaderFolder()
        do {
            let file = try OutputFile(path: "\(folder.path)/model")
            let parallel = Parallel(threadCount: 1)
            if asArrays {
                try model.writeArchive(to: file, parallel: parallel)
            } else {
                try model.write(to: file, parallel: parallel)
            }
            try file.finish()
        } catch {
            preconditionFailure("a model is written: \(error)")
        }
        return ReaderFolder.bytes("\(folder.path)/model")
    }
}
