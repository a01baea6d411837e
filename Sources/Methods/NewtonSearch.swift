import Compute

/// The least points of convex losses, one a task, by Newton's method with halved steps.
///
/// With `g` and `H` the slopes and the curvature of a task's sum of losses, a step is `-H^-1 g`, and `r = g'H^-1 g` is the
/// square of its length in standard errors, twice what it promises to gain; divided by the mean weight of the task's rows, it
/// does not depend on the unit of weights. A task is done once `r` is next to nothing, or
/// falls no further for rounding. Where the loss has no least point, because classes can be told apart, a step is as good as
/// the one before for ever, and `r` falls by `1/e` each time: near a least point it falls ever faster.
///
/// Tasks know nothing of each other: the bits of one are the same beside any others. Those that are done wait until most are;
/// the rows of the others then pass alone.
struct NewtonSearch<B: Backend> {
    let backend: B
    /// The coefficients that are searched for; the others stay as they are.
    let unknowns: Range<Int>
    /// The sums over the rows of some of the tasks.
    let sums: (_ tasks: [Int], _ place: Vectors<B.Buffer>) throws(ComputeError) -> DerivativeSums<B.Buffer>

    /// Where a task is.
    struct Place {
        var value = Double.infinity
        /// `r` times the mean weight of the task's rows.
        var decrement = Double.infinity
        var weightSum = 0.0
        var meanWeight = 0.0
        /// What the step is multiplied with.
        var length = 0.0
        /// How often in a row a whole step has hardly lowered `r`.
        var slowRounds = 0
        /// Steps that were tried.
        var roundCount = 0
        /// nil while it is searched.
        var status: TaskStatus?
        /// The largest slope of the sum in an unknown.
        var slope = 0.0
        /// The same at the start.
        var firstSlope = 0.0
    }

    /// What has been found of all tasks.
    struct Result {
        /// `taskCount x width`, on scaled columns.
        var coefficients: [Double]
        var places: [Place]
        /// The factor of the curvature in the unknowns, at what was found; nil where the rows have to pass for it again.
        var factor: Factor<B.Buffer>?
    }

    private static var isDouble: Bool { B.Scalar.self == Double.self }
    /// An `r` that is next to nothing; at which rounding may hold it up; and below which it falls ever faster.
    fileprivate static var found: Double { isDouble ? 1e-20 : 1e-8 }
    fileprivate static var stalled: Double { isDouble ? 1e-12 : 1e-4 }
    fileprivate static var near: Double { isDouble ? 1e-6 : 1e-2 }
    fileprivate static var roundLimit: Int { 100 }
    fileprivate static var leastLength: Double { 1e-12 }

    /// - Parameters:
    ///   - start: `taskCount x width`, on scaled columns.
    ///   - statuses: of the tasks that are not searched; nil for those that are.
    ///   - weightSums: of each task's rows.
    ///   - observations: the number of each task's rows with weight.
    func run(
        from start: [Double], statuses: [TaskStatus?], weightSums: [Double], observations: [Int]
    ) throws(ComputeError) -> Result {
        let taskCount = statuses.count
        let width = start.count / max(1, taskCount)
        var result = Result(
            coefficients: start,
            places: statuses.indices.map {
                var place = Place()
                place.status = statuses[$0]
                place.weightSum = weightSums[$0]
                place.meanWeight = weightSums[$0] / Double(observations[$0])
                return place
            }, factor: nil)
        var tasks = Array(0..<taskCount)
        var steps = Array(repeating: 0.0, count: taskCount * unknowns.count)
        repeat {
            var stage = try Stage(self, tasks: tasks, result, steps: steps, width: width)
            while stage.activeCount > tasks.count / 8 || stage.isNew { try stage.advance() }
            let ended = try stage.end()
            result.factor = tasks.count == taskCount ? ended.factor : nil
            var (remaining, moves): ([Int], [Double]) = ([], [])
            for (index, task) in tasks.enumerated() {
                result.places[task] = stage.places[index]
                for entry in 0..<width {
                    result.coefficients[task * width + entry] = ended.coefficients[index * width + entry]
                }
                guard stage.places[index].status == nil else { continue }
                remaining.append(task)
                moves += ended.steps[index * unknowns.count..<(index + 1) * unknowns.count]
            }
            (tasks, steps) = (remaining, moves)
            if !tasks.isEmpty { result.factor = nil }
        } while !tasks.isEmpty
        return result
    }

    /// The search among the same tasks, whose state is on the device.
    private struct Stage {
        private let search: NewtonSearch
        private let tasks: [Int]
        private(set) var places: [Place]
        private(set) var activeCount = 0
        private let place: Vectors<B.Buffer>
        private let trial: Vectors<B.Buffer>
        private let step: Vectors<B.Buffer>
        private let newStep: Vectors<B.Buffer>
        private let decrements: Vectors<B.Buffer>
        private let factor: Factor<B.Buffer>
        private var gradients: Vectors<B.Buffer>?

        private var backend: B { search.backend }

        init(_ search: NewtonSearch, tasks: [Int], _ result: Result, steps: [Double], width: Int) throws(ComputeError) {
            let (backend, count) = (search.backend, search.unknowns.count)
            self.search = search
            self.tasks = tasks
            places = tasks.map { result.places[$0] }
            activeCount = places.count { $0.status == nil }
            place = try backend.makeVectors(taskCount: tasks.count, width: width, zeroed: false)
            trial = try backend.makeVectors(taskCount: tasks.count, width: width, zeroed: false)
            step = try backend.makeVectors(taskCount: tasks.count, width: count, zeroed: false)
            newStep = try backend.makeVectors(taskCount: tasks.count, width: count)
            decrements = try backend.makeVectors(taskCount: tasks.count, width: 1)
            factor = try backend.makeFactor(taskCount: tasks.count, order: count)
            let coefficients = tasks.flatMap { result.coefficients[$0 * width..<($0 + 1) * width] }
            try backend.upload(coefficients, into: place)
            try backend.upload(coefficients, into: trial)
            try backend.upload(steps, into: step)
        }

        /// Whether nothing has been evaluated yet.
        var isNew: Bool { gradients == nil && !tasks.isEmpty }

        /// Tries each task's step, and takes those that lower their loss.
        mutating func advance() throws(ComputeError) {
            let isFirst = places.allSatisfy { $0.roundCount == 0 }
            let (from, to) = (unknowns(of: place), unknowns(of: trial))
            let lengths = try scales { $0.status == nil ? -$0.length : 0 }
            try backend.combine(from.scaled(by: 1), step.scaled(by: lengths), into: to)
            let (values, found, diagnosis) = try evaluate()
            if isFirst, let gradients {
                for (index, slope) in try largest(gradients).enumerated() { places[index].firstSlope = slope }
            }
            var isTaken = Array(repeating: false, count: tasks.count)
            for index in places.indices where places[index].status == nil {
                isTaken[index] = places[index].take(
                    value: values[index], decrement: found[index], code: Int(diagnosis[2 * index]))
            }
            let taken = try scales(of: isTaken.map { $0 ? 1 : 0 })
            let kept = try scales(of: isTaken.map { $0 ? 0 : 1 })
            try backend.combine(to.scaled(by: taken), from.scaled(by: kept), into: from)
            try backend.combine(newStep.scaled(by: taken), step.scaled(by: kept), into: step)
            activeCount = places.count { $0.status == nil }
        }

        /// What the stage leaves: places, steps and the factors of the curvature there.
        mutating func end() throws(ComputeError) -> (
            coefficients: [Double], steps: [Double], factor: Factor<B.Buffer>
        ) {
            if let gradients {
                for (index, slope) in try largest(gradients).enumerated() { places[index].slope = slope }
            }
            return (try backend.download(place), try backend.download(step), factor)
        }

        /// Values, decrements and diagnoses at what is tried.
        private mutating func evaluate() throws(ComputeError) -> ([Double], [Double], [Double]) {
            let sums = try search.sums(tasks, trial)
            let slopes = unknowns(of: sums.gradients)
            gradients = slopes
            try backend.factor(
                search.curvature(sums.curvatures.gram), tolerance: LeastSquares<B>.collinearityTolerance, into: factor)
            try backend.solve(factor, slopes, into: newStep)
            try backend.dots(slopes, newStep, into: decrements)
            return (
                try backend.download(sums.values), try backend.download(decrements),
                try backend.download(factor.diagnosis)
            )
        }

        private func unknowns(of vectors: Vectors<B.Buffer>) -> Vectors<B.Buffer> {
            Vectors(
                taskCount: vectors.taskCount, width: search.unknowns.count,
                entries: vectors.entries.skipping(search.unknowns.lowerBound))
        }

        private func largest(_ slopes: Vectors<B.Buffer>) throws(ComputeError) -> [Double] {
            let (values, count) = (try backend.download(slopes), search.unknowns.count)
            return tasks.indices.map { task in
                values[task * count..<(task + 1) * count].reduce(0) { max($0, abs($1)) }
            }
        }

        private func scales(_ scale: (Place) -> Double) throws(ComputeError) -> Vectors<B.Buffer> {
            try scales(of: places.map(scale))
        }

        private func scales(of values: [Double]) throws(ComputeError) -> Vectors<B.Buffer> {
            let vectors = try backend.makeVectors(taskCount: values.count, width: 1, zeroed: false)
            try backend.upload(values, into: vectors)
            return vectors
        }
    }

    /// The part of the curvature that is in the unknowns: all of it, or one entry.
    private func curvature(_ gram: Matrices<B.Buffer>) -> Matrices<B.Buffer> {
        if unknowns.count == gram.order { return gram }
        precondition(unknowns.count == 1, "all coefficients are unknown, or one")
        let entry = gram.entry(unknowns.lowerBound, unknowns.lowerBound)
        return Matrices(taskCount: gram.taskCount, order: 1, entries: entry.entries)
    }
}

extension NewtonSearch.Place {
    /// Judges what was tried: whether it is taken, whether the task is done, and what to try next.
    ///
    /// - Parameter code: of the factor's diagnosis.
    fileprivate mutating func take(value new: Double, decrement other: Double, code: Int) -> Bool {
        roundCount += 1
        let relative = other / meanWeight
        if roundCount == 1 {
            (value, decrement, length) = (new, other, 1)
            if code < 0 || !new.isFinite {
                status = .nonFinite
            } else if code > 0 {
                status = .collinear(feature: code - 1)
            } else if relative <= NewtonSearch.found {
                status = .ok
            }
            return true
        }
        let rounding = 64 * Double(B.Scalar.ulpOfOne) * (abs(value) + weightSum)
        guard new <= value - 1e-4 * length * decrement + rounding, other.isFinite, code >= 0 else {
            length *= new.isFinite ? 0.5 : 0.125
            if length < NewtonSearch.leastLength || roundCount >= NewtonSearch.roundLimit { status = .notConverged }
            return false
        }
        let isSlow = length == 1 && other > 0.1 * decrement && relative <= NewtonSearch.near
        slowRounds = isSlow ? slowRounds + 1 : 0
        (value, decrement, length) = (new, other, 1)
        if code > 0 {
            // What was determined at the start has lost its curvature since.
            status = .separated
        } else if relative <= NewtonSearch.found || isSlow && relative <= NewtonSearch.stalled {
            status = .ok
        } else if slowRounds >= 4 {
            status = .separated
        } else if roundCount >= NewtonSearch.roundLimit {
            status = .notConverged
        }
        return true
    }
}
