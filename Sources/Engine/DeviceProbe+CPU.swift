import CMachine
import Compute
import Synchronization

extension DeviceProbe {
    /// The CPU's model name, empty where it does not tell.
    package static var cpuName: String {
        var name = [CChar](repeating: 0, count: 64)
        kindred_cpu_name(&name, name.count)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The speeds of the CPU path on so many threads, measured in less than half a second and then kept.
    package static func measure(
        _ parallel: Parallel, isAfresh: Bool = false, cache: DeviceCache = .standard
    ) -> DeviceProbe {
        let key = [
            cpuName, String(cString: kindred_build_target()), "\(parallel.threadCount) threads", "\(isFused)",
        ]
        return cached(in: cache, key: key, isAfresh: isAfresh) {
            DeviceProbe(
                copyGigabytes: copyRate(parallel), readGigabytes: readRate(parallel), transferGigabytes: nil,
                floatGigaflops: multiplyAddRate(parallel, Float.self),
                doubleGigaflops: multiplyAddRate(parallel, Double.self))
        }
    }

    private static var isFused: Bool {
        #if KINDRED_FMA
            true
        #else
            false
        #endif
    }

    private static func copyRate(_ parallel: Parallel) -> Double {
        let bytes = 64 << 20
        let source = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        let destination = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        defer {
            source.deallocate()
            destination.deallocate()
        }
        source.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
        func copy() {
            parallel.forEachRange(of: bytes, grain: 1 << 20) { range in
                (destination + range.lowerBound).copyMemory(from: source + range.lowerBound, byteCount: range.count)
            }
        }
        // The first run is not counted: it brings the destination's pages into being.
        copy()
        return bestRate(unitsPerRun: 2 * Double(bytes), copy)
    }

    /// Of more bytes than caches hold.
    package static func readRate(_ parallel: Parallel) -> Double {
        let count = 32 << 20
        let values = UnsafeMutablePointer<SIMD8<Double>>.allocate(capacity: count / 8)
        defer { values.deallocate() }
        // Each thread brings its own pages into being.
        parallel.forEachRange(of: count / 8, grain: 1 << 15) { range in
            (values + range.lowerBound).initialize(repeating: .zero, count: range.count)
        }
        let total = Mutex(0.0)
        return bestRate(unitsPerRun: 8 * Double(count)) {
            parallel.forEachRange(of: count / 8, grain: 1 << 15) { range in
                // Four sums, and four streams of addresses: one alone waits for itself.
                let quarter = range.count / 4
                let first = values + range.lowerBound
                var (a, b, c, d) = (first[0], first[quarter], first[2 * quarter], first[3 * quarter])
                for index in 1..<quarter {
                    a += first[index]
                    b += first[quarter &+ index]
                    c += first[2 &* quarter &+ index]
                    d += first[3 &* quarter &+ index]
                }
                let sum = ((a + b) + (c + d)).sum()
                total.withLock { $0 += sum }
            }
        }
    }

    @inline(__always)
    private static func multiplyAddRate<Scalar: LaneScalar>(_ parallel: Parallel, _ scalar: Scalar.Type) -> Double {
        let blocks = parallel.threadCount
        // Written so that the work cannot be left out.
        let total = Mutex<Scalar>(0)
        func multiplyAdd(rounds: Int) {
            parallel.forEachBlock(blocks) { _ in
                let sum = multiplyAddChains(rounds: rounds, factor: 0.5, addend: 0.5 as Scalar)
                total.withLock { $0 += sum }
            }
        }
        var rounds = 64
        while rounds < 1 << 30, seconds({ multiplyAdd(rounds: rounds) }) < 0.01 { rounds *= 2 }
        let operations = 16 * Double(rounds) * Double(Scalar.Lanes.scalarCount) * Double(blocks)
        return bestRate(unitsPerRun: operations) { multiplyAdd(rounds: rounds) }
    }

    /// The sum over lanes of eight chains of `x = x * factor + addend` that start at 1 ... 8, as in `probe.cl`.
    @inline(__always)
    private static func multiplyAddChains<Scalar: LaneScalar>(
        rounds: Int, factor: Scalar, addend: Scalar
    ) -> Scalar {
        let a = Scalar.Lanes(repeating: factor)
        let b = Scalar.Lanes(repeating: addend)
        var (x0, x1) = (Scalar.Lanes(repeating: 1), Scalar.Lanes(repeating: 2))
        var (x2, x3) = (Scalar.Lanes(repeating: 3), Scalar.Lanes(repeating: 4))
        var (x4, x5) = (Scalar.Lanes(repeating: 5), Scalar.Lanes(repeating: 6))
        var (x6, x7) = (Scalar.Lanes(repeating: 7), Scalar.Lanes(repeating: 8))
        for _ in 0..<rounds {
            x0 = multiplyAdd(x0, a, b)
            x1 = multiplyAdd(x1, a, b)
            x2 = multiplyAdd(x2, a, b)
            x3 = multiplyAdd(x3, a, b)
            x4 = multiplyAdd(x4, a, b)
            x5 = multiplyAdd(x5, a, b)
            x6 = multiplyAdd(x6, a, b)
            x7 = multiplyAdd(x7, a, b)
        }
        let sums = multiplyAdd(x0 + x1, b, x2 + x3) + multiplyAdd(x4 + x5, b, x6 + x7)
        return sums.indices.reduce(0) { $0 + sums[$1] }
    }
}
