extension Definitions {
    /// `c + sign(x - c) max(0, |x - c| - t)`.
    public static func soft(_ x: Double, toward c: Double, threshold t: Double) -> Double {
        abs(x - c) <= t ? c : x > c ? x - t : x + t
    }

    /// `c` where `|x - c| <= t`, else `x`.
    public static func hard(_ x: Double, toward c: Double, threshold t: Double) -> Double {
        abs(x - c) <= t ? c : x
    }

    /// `c + max(0, 1 - t / ||x - c||) (x - c)`.
    public static func block(_ x: [Double], toward c: [Double], threshold t: Double) -> [Double] {
        let length = distance(x, c)
        return zip(x, c).map { length <= t ? $1 : $1 + (1 - t / length) * ($0 - $1) }
    }

    /// The point nearest to `x` with `||p - c|| <= t`.
    public static func ball(_ x: [Double], about c: [Double], radius t: Double) -> [Double] {
        let length = distance(x, c)
        return zip(x, c).map { length <= t ? $0 : $1 + t / length * ($0 - $1) }
    }

    /// `||x - y||`.
    public static func distance(_ x: [Double], _ y: [Double]) -> Double {
        zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
}
