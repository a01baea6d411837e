extension Definitions {
    /// `sum over tasks of w_j v_j`, leaving out tasks of weight 0.
    public static func weightedSum(_ vectors: [[Double]], weights: [Double]) -> [Double] {
        var sum = vectors.first.map { $0.map { _ in 0.0 } } ?? []
        for (vector, weight) in zip(vectors, weights) where weight != 0 {
            for index in sum.indices { sum[index] += weight * vector[index] }
        }
        return sum
    }

    /// `sum over tasks of w_j x_j y_j'`, a row for each value of `y_j`, leaving out tasks of weight 0.
    public static func crossProduct(_ x: [[Double]], _ y: [[Double]], weights: [Double]) -> [[Double]] {
        let (width, height) = (x.first?.count ?? 0, y.first?.count ?? 0)
        var sum = Array(repeating: Array(repeating: 0.0, count: width), count: height)
        for task in x.indices where weights[task] != 0 {
            for b in 0..<height {
                for a in 0..<width { sum[b][a] += weights[task] * x[task][a] * y[task][b] }
            }
        }
        return sum
    }
}
