/// Prototypes that nothing confines: each task on its own (ITL), where it has no deviation besides.
package struct OwnPrototype: Prototype {
    private var values: [Double]
    private let width: Int

    /// - Parameter values: where to begin, `taskCount x width`.
    package init(values: [Double], width: Int) {
        self.values = values
        self.width = width
    }

    package func write(task: Int, to vector: UnsafeMutablePointer<Double>) {
        for index in 0..<width { vector[index] = values[task * width + index] }
    }

    package mutating func move(phase: Int, slopes: FitVectors, step: Double) {
        values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for task in 0..<values.count / width {
                add(-step, times: slopes[task], to: base + task * width, count: width)
            }
        }
    }
}
