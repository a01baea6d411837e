/// One prototype for all tasks: ARMUL's vanilla structure, eq. (3.11), and where tasks have no deviation data pooling.
///
/// It moves by `-step sum of w_j g_j`, with weights that sum to 1.
package struct VanillaPrototype: Prototype {
    package private(set) var center: [Double]
    private let weights: [Double]

    /// - Parameter weights: one a task, of sum 1.
    package init(center: [Double], weights: [Double]) {
        self.center = center
        self.weights = weights
    }

    package func write(task: Int, to vector: UnsafeMutablePointer<Double>) {
        for index in center.indices { vector[index] = center[index] }
    }

    package mutating func move(phase: Int, slopes: FitVectors, step: Double) {
        center.withUnsafeMutableBufferPointer { center in
            guard let base = center.baseAddress else { return }
            for task in weights.indices {
                add(-step * weights[task], times: slopes[task], to: base, count: center.count)
            }
        }
    }
}
