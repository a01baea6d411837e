import Compute

/// Minimises a profiled loss over the centre, for each group and strength of the penalty, by damped steps of Newton's
/// method.
///
/// A step solves `(F'' + u H) s = -F'`, where `H = sum of w_j H_j` bounds the curvature of `F` everywhere: with a damping
/// `u` of 1 every step lowers `F`, and with 0 the last ones converge quadratically. A direction that no task's rows tell
/// anything about is left alone. All that a step needs comes to the host, since steps are few.
struct CenterSolver<B: Backend> {
    let loss: ProfiledLoss<B>
    /// `sum of w_j H_j`, `b_j` and `e_j` of each group.
    let totals: [[Double]]

    /// Rounds after which a centre is left as it is.
    private static var roundLimit: Int { 200 }
    /// Curvature below this, with every coefficient in units of its own curvature, counts as none: it is rounding.
    private static var tolerance: Double { Double(512 * B.Scalar.ulpOfOne) }

    init(_ loss: ProfiledLoss<B>) throws(ComputeError) {
        self.loss = loss
        totals = try loss.totals()
    }

    /// The centres, `groups x strengths`.
    ///
    /// - Parameter start: where each group's begin; by default the fit to all its tasks' rows together.
    func solve<R: Backend<Double>>(
        strengths: [Double], from start: [[Double]]? = nil, on reference: R
    ) throws(ComputeError) -> [SolvedCenter] {
        var starts: [[Double]] = []
        if let start { starts = start } else { starts = try pooledCenters(on: reference) }
        let constants = loss.constants
        var centers: [SolvedCenter] = []
        for (group, tasks) in loss.members.enumerated() {
            for strength in strengths {
                var (scale, rounding) = (0.0, 0.0)
                for task in tasks where loss.weights[task] > 0 {
                    let slope = loss.quadratics.slopes[task]
                    // With the norm no slope of `f~_j` is above its threshold.
                    let limit = loss.distance == .norm ? strength * loss.thresholds[task] : .infinity
                    scale += loss.weights[task] * min(slope, limit)
                    rounding += loss.weights[task] * slope
                }
                centers.append(
                    SolvedCenter(
                        start: starts[group], unit: Double(B.Scalar.ulpOfOne), slopeScale: scale,
                        slopeRounding: rounding, valueScale: constants[group], accuracy: loss.accuracy))
            }
        }
        let count = strengths.count
        for _ in 0..<Self.roundLimit {
            let columns = (0..<count).filter { column in
                (0..<loss.groupCount).contains { !centers[$0 * count + column].isDone }
            }
            if columns.isEmpty { break }
            let places = (0..<loss.groupCount).flatMap { group in columns.map { group * count + $0 } }
            let sums = try loss.sums(
                at: places.flatMap { centers[$0].trial }, strengths: columns.map { strengths[$0] })
            for (index, place) in places.enumerated() where !centers[place].isDone {
                centers[place].receive(
                    value: sums.values[index], gradient: sums.gradients[index], curvature: sums.curvatures[index])
            }
            try step(&centers, strengthCount: count, on: reference)
        }
        return centers
    }

    /// `1 + the largest ||b_j||` of each group: what slopes are compared with.
    var slopeScales: [Double] {
        loss.members.map { tasks in
            tasks.reduce(1.0) { loss.weights[$1] > 0 ? max($0, 1 + loss.quadratics.slopes[$1]) : $0 }
        }
    }

    /// Proposes the next trial of every centre that is not done. Where a step does not solve its system, because slopes
    /// remain in a direction without curvature, damping grows.
    private func step<R: Backend<Double>>(
        _ centers: inout [SolvedCenter], strengthCount: Int, on reference: R
    ) throws(ComputeError) {
        var open = centers.indices.filter { !centers[$0].isDone }
        while !open.isEmpty {
            let systems = open.map { place in
                let hessian = totals[place / strengthCount]
                return CenterSystem(
                    matrix: zip(centers[place].curvature, hessian).map { $0 + centers[place].damping * $1 },
                    rightSide: centers[place].gradient.map { -$0 }, scales: scales(of: place / strengthCount))
            }
            let steps = try reference.solutions(of: systems, tolerance: Self.tolerance)
            var failed: [Int] = []
            for ((place, step), system) in zip(zip(open, steps), systems) {
                if system.isSolved(by: step) {
                    centers[place].propose(step)
                } else {
                    centers[place].increaseDamping()
                    if !centers[place].isDone { failed.append(place) }
                }
            }
            open = failed
        }
    }

    /// The roots of the diagonal of a group's `H`, and 1 where it is 0.
    private func scales(of group: Int) -> [Double] {
        (0..<loss.order).map { row in
            let size = totals[group][triangleCount(row) + row]
            return size > 0 ? size.squareRoot() : 1
        }
    }

    /// `H^-1 v` for one vector of each group.
    func divided<R: Backend<Double>>(_ vectors: [[Double]], on reference: R) throws(ComputeError) -> [[Double]] {
        try reference.solutions(
            of: vectors.enumerated().map { group, vector in
                CenterSystem(
                    matrix: Array(totals[group].prefix(triangleCount(loss.order))), rightSide: vector,
                    scales: scales(of: group))
            }, tolerance: Self.tolerance)
    }

    /// `H^-1 b` of each group.
    private func pooledCenters<R: Backend<Double>>(on reference: R) throws(ComputeError) -> [[Double]] {
        let first = triangleCount(loss.order)
        return try divided(totals.map { Array($0[first..<first + loss.order]) }, on: reference)
    }
}

/// One centre on its way to the least value.
struct SolvedCenter {
    private(set) var center: [Double]
    private(set) var value = Double.infinity
    private(set) var gradient: [Double] = []
    private(set) var curvature: [Double] = []
    /// Where the loss is wanted next.
    private(set) var trial: [Double]
    private(set) var damping = 0.0
    private(set) var isDone = false
    private(set) var hasConverged = false
    /// How often the loss was formed.
    private(set) var iterationCount = 0
    /// What the trial should gain, were the loss linear.
    private var promise = 0.0
    private let slopeLimit: Double
    private let unit: Double
    private let valueScale: Double

    /// - Parameters:
    ///   - unit: the rounding of the backend's scalar.
    ///   - slopeScale: the size of the slopes that balance in the loss.
    ///   - slopeRounding: of what they are differences of.
    ///   - valueScale: what the loss is a difference of.
    ///   - accuracy: a slope that may be left.
    init(
        start: [Double], unit: Double, slopeScale: Double, slopeRounding: Double, valueScale: Double, accuracy: Double
    ) {
        center = start
        trial = start
        self.unit = unit
        self.valueScale = valueScale
        slopeLimit = max(accuracy, max(1e-13, 8 * unit) * slopeScale + 4 * unit * slopeRounding)
    }

    /// Takes the loss at the trial, which becomes the centre where it is lower.
    mutating func receive(value: Double, gradient: [Double], curvature: [Double]) {
        iterationCount += 1
        guard value.isFinite else {
            isDone = true
            return
        }
        let rounding = 64 * unit * (valueScale + abs(value))
        let isLower = value <= self.value - 1e-4 * promise
        // Near the end values no longer tell; slopes do.
        let isFlatter = value <= self.value + rounding && Self.norm(gradient) < Self.norm(self.gradient)
        guard iterationCount == 1 || isLower || isFlatter else {
            // What lowers nothing at full damping cannot be lowered.
            if damping >= 1 {
                isDone = true
                hasConverged = Self.norm(self.gradient) <= 1e4 * slopeLimit
            }
            return increaseDamping()
        }
        (center, self.value, self.gradient, self.curvature) = (trial, value, gradient, curvature)
        damping = damping > 1e-9 ? damping / 16 : 0
        guard Self.norm(gradient) <= slopeLimit else { return }
        isDone = true
        hasConverged = true
    }

    mutating func propose(_ step: [Double]) {
        trial = zip(center, step).map { $0 + $1 }
        promise = max(0, -zip(gradient, step).reduce(0) { $0 + $1.0 * $1.1 })
    }

    mutating func increaseDamping() {
        if damping >= 1 { isDone = true }
        damping = min(1, max(1e-3, 16 * damping))
    }

    private static func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}

/// A positive semidefinite system of equations, as a triangle, with the scales of its unknowns.
private struct CenterSystem {
    let matrix: [Double]
    let rightSide: [Double]
    let scales: [Double]

    /// The triangle with rows and columns in units of their scales.
    var scaledMatrix: [Double] {
        scales.indices.flatMap { row in
            (0...row).map { matrix[triangleCount(row) + $0] / (scales[row] * scales[$0]) }
        }
    }

    var scaledRightSide: [Double] { zip(rightSide, scales).map { $0 / $1 } }

    /// Whether no more than a tenth of the right side is left.
    func isSolved(by solution: [Double]) -> Bool {
        var (left, size) = (0.0, 0.0)
        for (row, value) in rightSide.enumerated() {
            var rest = value
            for (column, x) in solution.enumerated() {
                rest -= matrix[triangleCount(max(row, column)) + min(row, column)] * x
            }
            left += (rest / scales[row]) * (rest / scales[row])
            size += (value / scales[row]) * (value / scales[row])
        }
        return left <= 0.01 * size
    }
}

extension Backend {
    /// The solutions of systems; of several the shortest, in units of the scales.
    fileprivate func solutions(of systems: [CenterSystem], tolerance: Double) throws(ComputeError) -> [[Double]] {
        guard let order = systems.first?.rightSide.count, order > 0 else { return systems.map { _ in [] } }
        var (solutions, isSolved) = try definiteSolutions(of: systems, order: order, tolerance: tolerance)
        let rest = systems.indices.filter { !isSolved[$0] }
        if !rest.isEmpty {
            let others = try semidefiniteSolutions(of: rest.map { systems[$0] }, order: order, tolerance: tolerance)
            for (place, solution) in zip(rest, others) { solutions[place] = solution }
        }
        return zip(solutions, systems).map { solution, system in zip(solution, system.scales).map { $0 / $1 } }
    }

    /// Solutions by Cholesky's factor, and which systems have one: those whose least eigenvalue is far from what counts as
    /// none.
    private func definiteSolutions(
        of systems: [CenterSystem], order: Int, tolerance: Double
    ) throws(ComputeError) -> (solutions: [[Double]], isSolved: [Bool]) {
        let matrices = try makeMatrices(taskCount: systems.count, order: order, zeroed: false)
        try upload(systems.flatMap(\.scaledMatrix), into: matrices.triangles)
        let factor = try makeFactor(taskCount: systems.count, order: order)
        try self.factor(matrices, tolerance: LeastSquares<Self>.collinearityTolerance, into: factor)
        let solutions = try makeVectors(taskCount: systems.count, width: order, zeroed: false)
        try upload(systems.flatMap(\.scaledRightSide), into: solutions)
        try solve(factor, solutions, into: solutions)
        let diagnosis = try download(factor.diagnosis)
        let isSolved = systems.indices.map { place in
            diagnosis[2 * place] == 0 && diagnosis[2 * place + 1] * tolerance <= 0.01
        }
        return (try download(solutions).split(into: systems.count), isSolved)
    }

    private func semidefiniteSolutions(
        of systems: [CenterSystem], order: Int, tolerance: Double
    ) throws(ComputeError) -> [[Double]] {
        let matrices = try makeMatrices(taskCount: systems.count, order: order, zeroed: false)
        try upload(systems.flatMap(\.scaledMatrix), into: matrices.triangles)
        let system = try makeEigenSystem(taskCount: systems.count, order: order)
        try eigen(matrices, into: system)
        let rightSides = try makeVectors(taskCount: systems.count, width: order, zeroed: false)
        try upload(systems.flatMap(\.scaledRightSide), into: rightSides)
        let linear = try makeVectors(taskCount: systems.count, width: order, zeroed: false)
        try coordinates(of: rightSides, in: system, into: linear)
        // What is nearest to zero, and nothing draws there.
        let none = try makeVectors(taskCount: 1, width: order)
        let free = try makeVectors(taskCount: 1, width: 1)
        let result = try makeInfimalConvolution(taskCount: systems.count, order: order)
        try infimalConvolution(
            of: system, linear: linear, at: none, thresholds: free, distance: .norm, tolerance: Scalar(tolerance),
            into: result)
        return try download(result.minimizers).split(into: systems.count)
    }
}
