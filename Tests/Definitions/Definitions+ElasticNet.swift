extension Definitions {
    /// The least of `u'Au/2 - q'u + t sum of (a |u_k| + (1 - a) u_k^2 / 2)`, coordinate by coordinate, until no step changes
    /// anything.
    public static func elasticNet(
        _ gram: [[Double]], linear q: [Double], threshold t: Double, mixture a: Double
    ) -> [Double] {
        var u = q.map { _ in 0.0 }
        for _ in 0..<100_000 {
            let before = u
            for k in q.indices where gram[k][k] > 0 {
                let slope = q[k] - dot(gram[k], u) + gram[k][k] * u[k]
                let shrunken = slope < 0 ? min(0, slope + t * a) : max(0, slope - t * a)
                u[k] = shrunken / (gram[k][k] + t * (1 - a))
            }
            if u == before { break }
        }
        return u
    }

    /// By how much each coordinate fails the conditions of that least: with `r = q - A u`, `r_k - t (1 - a) u_k` is at most
    /// `t a` in size where `u_k` is 0, and elsewhere `t a` with the sign of `u_k`.
    public static func elasticNetFailures(
        _ gram: [[Double]], linear q: [Double], threshold t: Double, mixture a: Double, at u: [Double]
    ) -> [Double] {
        q.indices.map { k in
            let slope = q[k] - dot(gram[k], u) - t * (1 - a) * u[k]
            return u[k] == 0 ? max(0, abs(slope) - t * a) : abs(slope - (u[k] < 0 ? -t * a : t * a))
        }
    }
}
