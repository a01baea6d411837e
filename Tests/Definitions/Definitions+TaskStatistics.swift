extension Definitions {
    /// `sum over tasks of w_j v_j`, leaving out tasks of weight 0.
    public static func weightedSum(_ vectors: [[Double]], weights: [Double]) -> [Double] {
        var sum = vectors.first.map { $0.map { _ in 0.0 } } ?? []
        for (vector, weight) in zip(vectors, weights) where weight != 0 {
            for index in sum.indices { sum[index] += weight * vector[index] }
        }
        return sum
    }
}
