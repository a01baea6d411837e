import Compute

/// Each task's mean loss at its coefficients, with first and second derivatives, in the coefficients of scaled columns.
struct LossDerivatives {
    /// `f_j`.
    var values: [Double]
    /// `taskCount x coefficients`.
    var gradients: [Double]
    /// For each task and each pair of columns `(a, b)` with `b <= a`, the triangle of `d^2 f / d a_k d b_l` over features.
    var curvatures: [Double]
    /// The triangle of a matrix that with the loss's factor bounds the curvature everywhere; nothing where it is not wanted.
    var bounds: [Double]
}

/// Second-order expansions of tasks' losses, as quadratics in the coefficients that are shrunk: free coefficients are those
/// that minimise the expansion, which leaves the Schur complement of their curvature.
struct LossExpansion {
    let shrunk: ShrunkCoefficients
    let loss: Loss
    private let intercept: Int?
    private let featureCount: Int
    /// A scaled coefficient over the one that is shrunk.
    private let factors: [Double]
    /// What a coefficient that is shrunk adds to the intercept on scaled columns.
    private let shifts: [Double]

    init(_ shrunk: ShrunkCoefficients, _ loss: Loss, scaling: ColumnScaling) {
        self.shrunk = shrunk
        self.loss = loss
        intercept = scaling.intercept
        featureCount = scaling.featureCount
        factors = zip(shrunk.features, shrunk.units).map { $0 == scaling.intercept ? 1 : scaling.scales[$0] / $1 }
        shifts = zip(shrunk.features, shrunk.units).map { $0 == scaling.intercept ? 0 : scaling.shifts[$0] / $1 }
    }

    /// The quadratics of consecutive tasks, with the slopes of their losses in the coefficients that are shrunk and the
    /// length of those in the free ones.
    ///
    /// - Parameters:
    ///   - coefficients: where the derivatives are, `taskCount x coefficients` on scaled columns.
    ///   - dampings: how many times the bound is added to each task's curvature.
    ///   - boundFactors: what each task's bound is multiplied with.
    ///   - isIncluded: whether a task takes part.
    func quadratics(
        of derivatives: LossDerivatives, at coefficients: ArraySlice<Double>, dampings: ArraySlice<Double>,
        boundFactors: ArraySlice<Double>, isIncluded: ArraySlice<Bool>, _ parallel: Parallel
    ) -> ExpandedValues {
        let count = isIncluded.count
        let width = triangleCount(shrunk.order + 1)
        let levelWidth = shrunk.columnCount * (shrunk.order + 1)
        var levels = Array(repeating: 0.0, count: count * levelWidth)
        var slopes = Array(repeating: 0.0, count: count * shrunk.order)
        var freeSlopes = Array(repeating: 0.0, count: count)
        var taken = Array(repeating: false, count: count)
        let joint = [Double](unsafeUninitializedCapacity: count * width) { joint, initialized in
            joint.initialize(repeating: 0)
            initialized = count * width
            levels.withUnsafeMutableBufferPointer { levels in
                slopes.withUnsafeMutableBufferPointer { slopes in
                    freeSlopes.withUnsafeMutableBufferPointer { freeSlopes in
                        taken.withUnsafeMutableBufferPointer { taken in
                            parallel.forEachRange(of: count, grain: 64, scratch: ExpansionScratch(self)) {
                                tasks, scratch in
                                for task in tasks where isIncluded[isIncluded.startIndex + task] {
                                    let isFinite = scratch.expand(
                                        task, derivatives, coefficients,
                                        damping: dampings[dampings.startIndex + task],
                                        boundFactor: boundFactors[boundFactors.startIndex + task])
                                    guard isFinite else { continue }
                                    taken[task] = true
                                    freeSlopes[task] = scratch.freeSlope.pointee
                                    for entry in 0..<width { joint[task &* width &+ entry] = scratch.joint[entry] }
                                    for place in 0..<shrunk.order {
                                        slopes[task &* shrunk.order &+ place] = scratch.slopes[place]
                                    }
                                    for place in 0..<levelWidth {
                                        levels[task &* levelWidth &+ place] = scratch.levels[place]
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return ExpandedValues(
            quadratics: QuadraticValues(joint: joint, levels: levels, isIncluded: taken), slopes: slopes,
            freeSlopes: freeSlopes)
    }

    /// One thread's memory for the expansion of one task.
    fileprivate struct ExpansionScratch: ThreadScratch {
        private let expansion: LossExpansion
        private let featureCount: Int
        private let columnCount: Int
        /// Curvature in all coefficients of scaled columns, square.
        private let full: UnsafeMutablePointer<Double>
        /// `H_ff^+ H_fp` and behind it `H_ff^+ g_f`: a row a free coefficient.
        private let eliminated: UnsafeMutablePointer<Double>
        let joint: UnsafeMutablePointer<Double>
        let slopes: UnsafeMutablePointer<Double>
        let levels: UnsafeMutablePointer<Double>
        /// The length of the slopes in the free coefficients.
        let freeSlope: UnsafeMutablePointer<Double>
        /// Where the derivatives are, in the coefficients that are shrunk.
        private let places: UnsafeMutablePointer<Double>
        private let memory: UnsafeMutablePointer<Double>

        init(_ expansion: LossExpansion) {
            self.expansion = expansion
            let shrunk = expansion.shrunk
            (featureCount, columnCount) = (expansion.featureCount, shrunk.columnCount)
            let count = featureCount * columnCount
            let sizes = [
                count * count, columnCount * (shrunk.order + 1), triangleCount(shrunk.order + 1), shrunk.order,
                columnCount * (shrunk.order + 1), 1, shrunk.order,
            ]
            memory = .allocate(capacity: sizes.reduce(0, +))
            memory.initialize(repeating: 0, count: sizes.reduce(0, +))
            full = memory
            eliminated = full + sizes[0]
            joint = eliminated + sizes[1]
            slopes = joint + sizes[2]
            levels = slopes + sizes[3]
            freeSlope = levels + sizes[4]
            places = freeSlope + 1
        }

        func deallocate() { memory.deallocate() }

        /// Expands a task; false where a number is not finite.
        func expand(
            _ task: Int, _ derivatives: LossDerivatives, _ coefficients: ArraySlice<Double>, damping: Double,
            boundFactor: Double
        ) -> Bool {
            let shrunk = expansion.shrunk
            let (count, features) = (featureCount * columnCount, shrunk.features)
            let order = shrunk.order
            let first = coefficients.startIndex + task * count
            let gradient = task * count
            guard derivatives.values[task].isFinite else { return false }
            fill(task, derivatives, size: triangleCount(featureCount), damping: damping * boundFactor)

            // What eliminating the free coefficients takes from value, slopes and curvature.
            var value = derivatives.values[task]
            freeSlope.pointee = 0
            if let free = shrunk.free {
                eliminate(free, derivatives, gradient: gradient)
                for column in 0..<columnCount {
                    let slope = derivatives.gradients[gradient + column * featureCount + free]
                    value -= slope * eliminated[column * (order + 1) + order] / 2
                    freeSlope.pointee += slope * slope
                }
                freeSlope.pointee = freeSlope.pointee.squareRoot()
            }
            /// The curvature in two coefficients of scaled columns, less what elimination takes.
            func curvature(_ a: Int, _ k: Int, _ b: Int, _ l: Int) -> Double {
                full[(a * featureCount + k) * count + b * featureCount + l]
            }
            let (factors, shifts) = (expansion.factors, expansion.shifts)
            let level = shrunk.free == nil ? expansion.intercept : nil
            var size = 0.0
            for row in 0..<order {
                let (a, p) = (row / features.count, row % features.count)
                let k = features[p]
                for column in 0...row {
                    let (b, q) = (column / features.count, column % features.count)
                    let l = features[q]
                    var entry = curvature(a, k, b, l)
                    if let free = shrunk.free {
                        for c in 0..<columnCount {
                            entry -=
                                full[(a * featureCount + k) * count + c * featureCount + free]
                                * eliminated[c * (order + 1) + column]
                        }
                    }
                    entry *= factors[p] * factors[q]
                    if let level {
                        entry +=
                            factors[p] * shifts[q] * curvature(a, k, b, level)
                            + shifts[p] * factors[q] * curvature(a, level, b, l)
                            + shifts[p] * shifts[q] * curvature(a, level, b, level)
                    }
                    joint[triangleCount(row) + column] = entry
                    size += abs(entry)
                }
                var slope = derivatives.gradients[gradient + a * featureCount + k]
                if let free = shrunk.free {
                    for c in 0..<columnCount {
                        slope -=
                            full[(a * featureCount + k) * count + c * featureCount + free]
                            * eliminated[c * (order + 1) + order]
                    }
                }
                slope *= factors[p]
                if let level { slope += shifts[p] * derivatives.gradients[gradient + a * featureCount + level] }
                slopes[row] = slope
                places[row] = coefficients[first + a * featureCount + k] / factors[p]
                size += abs(slope)
            }
            if let level, let place = features.firstIndex(of: level) {
                // The intercept itself, without what the shifts of other columns add to it.
                for a in 0..<columnCount {
                    let start = a * features.count
                    for p in features.indices where p != place {
                        places[start + place] -= shifts[p] * places[start + p]
                    }
                }
            }
            writeLinear(value: value)
            if shrunk.free != nil { writeLevels(coefficients, first: first) }
            return (size + abs(value) + freeSlope.pointee).isFinite
        }

        /// The whole curvature, from its blocks and the bound's.
        private func fill(_ task: Int, _ derivatives: LossDerivatives, size: Int, damping: Double) {
            let count = featureCount * columnCount
            let pairs = triangleCount(columnCount)
            for a in 0..<columnCount {
                for b in 0...a {
                    let start = (task * pairs + triangleCount(a) + b) * size
                    let share = expansion.boundShare(a, b) * damping
                    var entry = 0
                    for k in 0..<featureCount {
                        for l in 0...k {
                            var value = derivatives.curvatures[start + entry]
                            if share != 0 { value += share * derivatives.bounds[task * size + entry] }
                            full[(a * featureCount + k) * count + b * featureCount + l] = value
                            full[(a * featureCount + l) * count + b * featureCount + k] = value
                            full[(b * featureCount + k) * count + a * featureCount + l] = value
                            full[(b * featureCount + l) * count + a * featureCount + k] = value
                            entry += 1
                        }
                    }
                }
            }
        }

        /// `H_ff^+ (H_fp, g_f)`.
        private func eliminate(_ free: Int, _ derivatives: LossDerivatives, gradient: Int) {
            let (count, order) = (featureCount * columnCount, expansion.shrunk.order)
            let features = expansion.shrunk.features
            func cross(_ column: Int, _ place: Int) -> Double {
                if place == order { return derivatives.gradients[gradient + column * featureCount + free] }
                let (a, k) = (place / features.count, features[place % features.count])
                return full[(column * featureCount + free) * count + a * featureCount + k]
            }
            if columnCount == 1 {
                let curvature = full[free * count + free]
                for place in 0...order { eliminated[place] = curvature > 0 ? cross(0, place) / curvature : 0 }
                return
            }
            let triangle = (0..<columnCount).flatMap { row in
                (0...row).map { full[(row * featureCount + free) * count + $0 * featureCount + free] }
            }
            for place in 0...order {
                let solution = semidefiniteSolution(
                    triangle, (0..<columnCount).map { cross($0, place) }, tolerance: 1e-12)
                for (column, value) in solution.enumerated() { eliminated[column * (order + 1) + place] = value }
            }
        }

        /// `b = H x - g` and `e = 2 (f - g'x + x'H x / 2)`, where the derivatives are at `x`.
        private func writeLinear(value: Double) {
            let order = expansion.shrunk.order
            var constant = 2 * value
            for row in 0..<order {
                var image = 0.0
                for column in 0..<order {
                    image += joint[triangleCount(max(row, column)) + min(row, column)] * places[column]
                }
                joint[triangleCount(order) + row] = image - slopes[row]
                constant += places[row] * (image - 2 * slopes[row])
            }
            joint[triangleCount(order) + order] = constant
        }

        /// Free coefficients on the user's scale, given those that are shrunk.
        private func writeLevels(_ coefficients: ArraySlice<Double>, first: Int) {
            let (shrunk, order) = (expansion.shrunk, expansion.shrunk.order)
            guard let free = shrunk.free else { return }
            for column in 0..<columnCount {
                let start = column * (order + 1)
                var constant = coefficients[first + column * featureCount + free] - eliminated[start + order]
                for row in 0..<order {
                    let (a, p) = (row / shrunk.features.count, row % shrunk.features.count)
                    let factor = eliminated[start + row] * expansion.factors[p]
                    constant += factor * places[row]
                    levels[start + row] = factor + (a == column ? expansion.shifts[p] : 0)
                }
                levels[start + order] = constant
            }
        }
    }

    /// The trace of each task's curvature over that of its bound, 1 where both are 0.
    func curvatureShares(of derivatives: LossDerivatives, boundFactors: ArraySlice<Double>) -> [Double] {
        let (size, pairs) = (triangleCount(featureCount), triangleCount(loss.columnCount))
        return boundFactors.enumerated().map { task, factor in
            let places = (0..<featureCount).map { triangleCount($0) + $0 }
            let bound = places.reduce(0.0) { $0 + derivatives.bounds[task * size + $1] }
            var (curvature, share) = (0.0, 0.0)
            for column in 0..<loss.columnCount {
                let start = (task * pairs + triangleCount(column) + column) * size
                curvature = places.reduce(curvature) { $0 + derivatives.curvatures[start + $1] }
                share += boundShare(column, column)
            }
            return bound > 0 ? curvature / (share * factor * bound) : 1
        }
    }

    /// What the bound's Gram is multiplied by in the block of two columns.
    private func boundShare(_ a: Int, _ b: Int) -> Double {
        switch loss {
        case .squared, .poisson: 1
        case .logistic: 0.25
        // Böhning's bound: half of the centring matrix.
        case .softmax(let classCount): 0.5 * ((a == b ? 1 : 0) - 1 / Double(classCount))
        }
    }
}

/// Expansions of consecutive tasks.
struct ExpandedValues {
    let quadratics: QuadraticValues
    /// `taskCount x order`.
    let slopes: [Double]
    let freeSlopes: [Double]
}
