package import Compute

extension Definitions {
    /// What attains `min over x of x'Gx/2 - b'x + t ||x - c||` for a positive definite `G`: `c` where `||Gc - b|| <= t`,
    /// else `c - (G + s)^-1 (Gc - b)` with the `s` that makes `s ||x - c|| = t`, by bisection. With the squared distance
    /// `s` is `t`.
    package static func convolutionMinimizer(
        _ gram: [[Double]], linear b: [Double], at c: [Double], threshold t: Double, _ distance: Distance = .norm
    ) -> [Double] {
        let slope = zip(product(gram, c), b).map { $0 - $1 }
        if distance == .squared { return zip(c, solve(adding(t, to: gram), slope)).map { $0 - $1 } }
        if norm(slope) <= t { return c }
        func step(_ s: Double) -> [Double] { solve(adding(s, to: gram), slope) }
        var (low, high) = (0.0, t)
        while t > 0, high * norm(step(high)) < t { high *= 2 }
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if middle * norm(step(middle)) < t { low = middle } else { high = middle }
        }
        return zip(c, step(high)).map { $0 - $1 }
    }

    /// Second derivatives of that minimum in `c`: `G` where the minimiser is `c`, else `G - G (G + M)^-1 G`, where `M`
    /// are those of `t ||x - c||`: `s (I - u u')` with `u` the direction of `x - c` and `s = t / ||x - c||`; of the squared
    /// distance, `t I`.
    package static func convolutionCurvature(
        _ gram: [[Double]], at c: [Double], minimizer x: [Double], threshold t: Double, _ distance: Distance = .norm
    ) -> [[Double]] {
        let away = zip(x, c).map { $0 - $1 }
        let length = norm(away)
        if distance == .norm, length == 0 { return gram }
        var sum = adding(distance == .norm ? t / length : t, to: gram)
        if distance == .norm {
            for row in c.indices {
                for column in c.indices {
                    sum[row][column] -= t * away[row] * away[column] / (length * length * length)
                }
            }
        }
        let inner = gram.map { solve(sum, $0) }
        return gram.indices.map { row in gram.indices.map { gram[row][$0] - dot(inner[row], gram[$0]) } }
    }

    /// `||x||`.
    public static func norm(_ x: [Double]) -> Double { dot(x, x).squareRoot() }

    /// `G + s I`.
    private static func adding(_ s: Double, to gram: [[Double]]) -> [[Double]] {
        gram.indices.map { row in gram.indices.map { gram[row][$0] + (row == $0 ? s : 0) } }
    }
}
