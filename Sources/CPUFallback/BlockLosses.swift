import CMachine
import Compute

/// Sums a loss and its gradients at several sets of coefficients over the rows of one block: two products of matrices,
/// one for the predictors of a panel of rows and one for what its slopes add to the gradients.
///
/// A lane is a fit: eight fits are a group, which has a vector a class. Every sum is taken row after row and feature after
/// feature in double from zero, so that what one fit gets does not depend on the others.
struct BlockLosses<Scalar: LaneScalar> {
    private let losses: RowLosses
    private let fitCount: Int
    private let classCount: Int
    private let featureCount: Int
    /// Groups of eight fits, and their vectors.
    private let groupCount: Int
    private let vectorCount: Int
    /// For each feature its vectors, features in eights; then the values of each group.
    private let coefficients: UnsafeMutablePointer<DoubleLanes>
    private let gradients: UnsafeMutablePointer<DoubleLanes>
    private let values: UnsafeMutablePointer<DoubleLanes>
    /// For each row of a panel the predictors of every group, and then its slopes.
    private let predictors: UnsafeMutablePointer<DoubleLanes>
    /// The last rows of a block, fewer than eight, and rows of zeros behind them.
    private let tail: UnsafeMutablePointer<Scalar>

    /// Rows whose slopes stay in the first cache while they are added to the gradients.
    private static var panelRows: Int { 64 }

    /// Scratch for one thread; `deallocate` gives it back.
    init(_ loss: Loss, fitCount: Int, featureCount: Int) {
        losses = RowLosses(loss, predictorLimit: Double(Loss.predictorLimit(of: Scalar.self)))
        self.fitCount = fitCount
        classCount = loss.columnCount
        self.featureCount = featureCount
        groupCount = (fitCount + 7) / 8
        vectorCount = groupCount * classCount
        let padded = (featureCount + 7) / 8 * 8
        let count = (2 * padded + Self.panelRows) * vectorCount + groupCount
        coefficients = .allocate(capacity: count)
        coefficients.initialize(repeating: .zero, count: count)
        gradients = coefficients + padded * vectorCount
        predictors = gradients + padded * vectorCount
        values = predictors + Self.panelRows * vectorCount
        // A vector more than the rows: features are read eight at a time.
        tail = .allocate(capacity: 8 * (featureCount + 2))
        tail.initialize(repeating: 0, count: 8 * (featureCount + 2))
    }

    func deallocate() {
        coefficients.deallocate()
        tail.deallocate()
    }

    /// Where the first feature's value of a column lies among doubles; those of further features are `vectorCount`
    /// vectors apart.
    @inline(__always)
    private func place(fit: Int, class: Int) -> Int { ((fit / 8) &* classCount &+ `class`) &* 8 &+ fit % 8 }

    @inline(__always)
    func take(_ source: UnsafePointer<Scalar>, stride: Int) {
        let numbers = doubles(coefficients)
        var source = source
        for fit in 0..<fitCount {
            for `class` in 0..<classCount {
                var destination = numbers + place(fit: fit, class: `class`)
                for feature in 0..<featureCount {
                    destination[0] = Double(source[feature &* stride])
                    destination += vectorCount &* 8
                }
                source += featureCount &* stride
            }
        }
    }

    @inline(__always)
    func sum(
        rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int, wantsValue: Bool,
        wantsGradient: Bool
    ) {
        let width = featureCount &+ 1
        for index in 0..<groupCount { values[index] = .zero }
        if wantsGradient { gradients.update(repeating: .zero, count: (featureCount + 7) / 8 * 8 * vectorCount) }
        var row = 0
        while row < rowCount {
            let count = min(Self.panelRows, (rowCount &- row) / 8 &* 8)
            let own = weights.map { $0 + row }
            if count > 0 {
                addPanel(rows + row &* width, own, presentCount: count, count, wantsValue, wantsGradient)
                row &+= count
            } else {
                let rest = rowCount &- row
                tail.update(from: rows + row &* width, count: rest &* width)
                (tail + rest &* width).update(repeating: 0, count: (8 &- rest) &* width)
                addPanel(tail, own, presentCount: rest, 8, wantsValue, wantsGradient)
                row = rowCount
            }
        }
    }

    /// Adds a panel of rows, a multiple of eight, of which those from `presentCount` on weigh nothing.
    @inline(__always)
    private func addPanel(
        _ rows: UnsafePointer<Scalar>, _ weights: UnsafePointer<Scalar>?, presentCount: Int, _ rowCount: Int,
        _ wantsValue: Bool, _ wantsGradient: Bool
    ) {
        forEachBand { first, count in
            switch count {
            case 1: predict(RowVectors1.self, rows, rowCount, first)
            case 2: predict(RowVectors2.self, rows, rowCount, first)
            default: predict(RowVectors3.self, rows, rowCount, first)
            }
        }
        for row in 0..<rowCount {
            let y = DoubleLanes(repeating: Double(rows[row &* (featureCount &+ 1) &+ featureCount]))
            let weight = row < presentCount ? weights.map { Double($0[row]) } ?? 1 : 0
            weigh(predictors + row &* vectorCount, y, weight, wantsValue)
        }
        guard wantsGradient else { return }
        forEachBand { first, count in
            switch count {
            case 1: addGradient(RowVectors1.self, rows, rowCount, first)
            case 2: addGradient(RowVectors2.self, rows, rowCount, first)
            default: addGradient(RowVectors3.self, rows, rowCount, first)
            }
        }
    }

    /// Calls `body` with the vectors that are summed in registers at a time: their first, and how many they are.
    @inline(__always)
    private func forEachBand(_ body: (Int, Int) -> Void) {
        var first = 0
        while first < vectorCount {
            let rest = vectorCount &- first
            // Four are two and two: of three and one, the one would wait for itself.
            let count = rest == 1 ? 1 : rest == 2 || rest == 4 ? 2 : 3
            body(first, count)
            first &+= count
        }
    }

    /// Writes the predictors of a panel's rows, eight at a time, for some of the vectors.
    @inline(__always)
    private func predict<Vectors: RowVectors>(
        _: Vectors.Type, _ rows: UnsafePointer<Scalar>, _ rowCount: Int, _ first: Int
    ) {
        let width = featureCount &+ 1
        for row in stride(from: 0, to: rowCount, by: 8) {
            var tile = ProductTile<Vectors>()
            tile.add(
                rows + row &* width, step: width, next: 1, times: coefficients + first, stride: vectorCount,
                count: featureCount)
            tile.store(at: predictors + (row &* vectorCount &+ first), stride: vectorCount)
        }
    }

    /// Adds what the slopes of a panel's rows make of some vectors of the gradients, eight features at a time.
    @inline(__always)
    private func addGradient<Vectors: RowVectors>(
        _: Vectors.Type, _ rows: UnsafePointer<Scalar>, _ rowCount: Int, _ first: Int
    ) {
        for feature in stride(from: 0, to: featureCount, by: 8) {
            let sums = gradients + (feature &* vectorCount &+ first)
            var tile = ProductTile<Vectors>(at: sums, stride: vectorCount)
            tile.add(
                rows + feature, step: 1, next: featureCount &+ 1, times: predictors + first, stride: vectorCount,
                count: rowCount)
            tile.store(at: sums, stride: vectorCount)
        }
    }

    /// Replaces a row's predictors by its weighted slopes, and adds its weighted values.
    @inline(__always)
    private func weigh(
        _ row: UnsafeMutablePointer<DoubleLanes>, _ y: DoubleLanes, _ weight: Double, _ wantsValue: Bool
    ) {
        if weight == 0 {
            // Whatever the loss is there.
            row.update(repeating: .zero, count: vectorCount)
            return
        }
        for group in 0..<groupCount {
            let slopes = row + group &* classCount
            let value = losses.evaluate(slopes, responses: y, wantsValues: wantsValue)
            if wantsValue { values[group] = multiplyAdd(value, DoubleLanes(repeating: weight), values[group]) }
            if weight != 1 { for index in 0..<classCount { slopes[index] *= weight } }
        }
    }

    @inline(__always)
    func addValues(to destination: UnsafeMutablePointer<Scalar>, stride: Int) {
        let sums = doubles(values)
        for fit in 0..<fitCount { destination[fit &* stride] += Scalar(sums[fit]) }
    }

    @inline(__always)
    func addGradient(to destination: UnsafeMutablePointer<Scalar>, stride: Int) {
        let sums = doubles(gradients)
        var destination = destination
        for fit in 0..<fitCount {
            for `class` in 0..<classCount {
                var source = sums + place(fit: fit, class: `class`)
                for _ in 0..<featureCount {
                    destination[0] += Scalar(source[0])
                    destination += stride
                    source += vectorCount &* 8
                }
            }
        }
    }

    @inline(__always)
    private func doubles(_ vectors: UnsafeMutablePointer<DoubleLanes>) -> UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Double.self)
    }
}
