/// What a device, or the CPU path, does at best: measured once, then kept in the cache.
///
/// The figures are what other times are compared with, and what `auto` predicts a run's time from.
package struct DeviceProbe: Sendable, Equatable {
    /// Bytes read and written in a second by a copy within the device's memory, in 10^9.
    package let copyGigabytes: Double
    /// Bytes read in a second from the device's memory where nothing is written, in 10^9.
    package let readGigabytes: Double
    /// Bytes sent in a second from the host's memory to the device's, in 10^9. Nil for the CPU path, which sends none.
    package let transferGigabytes: Double?
    /// Floating-point operations in a second, in 10^9: multiply-adds in float, each two operations.
    package let floatGigaflops: Double
    /// The same in double; nil where the device has none.
    package let doubleGigaflops: Double?

    package init(
        copyGigabytes: Double, readGigabytes: Double, transferGigabytes: Double?, floatGigaflops: Double,
        doubleGigaflops: Double?
    ) {
        self.copyGigabytes = copyGigabytes
        self.readGigabytes = readGigabytes
        self.transferGigabytes = transferGigabytes
        self.floatGigaflops = floatGigaflops
        self.doubleGigaflops = doubleGigaflops
    }

    /// Reads what `text` wrote; nil for anything else.
    init?(text: String) {
        let lines = text.split(separator: "\n")
        let values = lines.map { Double($0) }
        guard lines.count == 5, let copy = values[0], let read = values[1], let float = values[3],
            copy > 0, read > 0, float > 0
        else { return nil }
        for (line, value) in zip(lines, values) where value == nil && line != Self.absent { return nil }
        self.init(
            copyGigabytes: copy, readGigabytes: read, transferGigabytes: values[2], floatGigaflops: float,
            doubleGigaflops: values[4])
    }

    var text: String {
        [copyGigabytes, readGigabytes, transferGigabytes, floatGigaflops, doubleGigaflops]
            .map { $0.map { "\($0)" } ?? String(Self.absent) }.joined(separator: "\n")
    }

    private static let absent: Substring = "-"

    /// The figures that `cache` has for these parts, or else those of `measure`, which it is given to keep.
    ///
    /// - Parameter isAfresh: whether to measure in any case.
    static func cached<Failure: Error>(
        in cache: DeviceCache, key: [String], isAfresh: Bool, _ measure: () throws(Failure) -> DeviceProbe
    ) throws(Failure) -> DeviceProbe {
        let entry = DeviceCache.Entry(kind: "probe", key: key)
        if !isAfresh, let bytes = cache.read(entry),
            let probe = DeviceProbe(text: String(decoding: bytes, as: UTF8.self))
        {
            return probe
        }
        let probe = try measure()
        cache.write(Array(probe.text.utf8), for: entry)
        return probe
    }

    /// The most units of work a second that repeated runs reach, in 10^9: at least five, and about a twentieth of a second.
    ///
    /// - Parameter run: does `unitsPerRun` units of work and returns when they are done.
    static func bestRate<Failure: Error>(
        unitsPerRun: Double, _ run: () throws(Failure) -> Void
    ) throws(Failure) -> Double {
        var best = Double.infinity
        var (spent, runs) = (0.0, 0)
        while spent < 0.05 || runs < 5 {
            let time = try seconds(run)
            best = min(best, time)
            spent += time
            runs += 1
        }
        return unitsPerRun / best / 1e9
    }

    /// The wall time of one call, at least a nanosecond.
    static func seconds<Failure: Error>(_ run: () throws(Failure) -> Void) throws(Failure) -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try run()
        let duration = start.duration(to: clock.now).components
        return max(1e-9, Double(duration.seconds) + Double(duration.attoseconds) * 1e-18)
    }
}
