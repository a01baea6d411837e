import Compute

/// One task's loadings, eliminated from a step of the whole subspace: with `S = L L'` the curvature in the loadings, `L^-1 I'` and
/// `L^-1 B'g`.
struct EliminatedLoadings {
    private let rank: Int
    /// `L`, a triangle; a row whose pivot is rounding is 0.
    private var lower: [Double]
    /// `L^-1 I'`, `rank x order`.
    private var images: [Double]
    /// `L^-1 B'g`.
    private var slopes: [Double]

    init(_ all: SubspaceSlopes, task: Int, rank: Int, order: Int, damping: Double) {
        self.rank = rank
        let (squares, vectors) = (task * rank * rank, task * rank * order)
        lower = (0..<rank).flatMap { row in
            (0...row).map { column in
                SubspaceSlopes.mixed(
                    all.profiledSquares[squares + row * rank + column], all.fullSquares[squares + row * rank + column],
                    damping)
            }
        }
        images = Array(all.profiledImages[vectors..<vectors + rank * order])
        slopes = Array(all.loadingGradients[task * rank..<(task + 1) * rank])
        for row in 0..<rank {
            let first = triangleCount(row)
            let whole = lower[first + row]
            for column in 0...row {
                let other = triangleCount(column)
                var value = lower[first + column]
                for k in 0..<column { value -= lower[first + k] * lower[other + k] }
                if column < row {
                    lower[first + column] = lower[other + column] > 0 ? value / lower[other + column] : 0
                } else {
                    lower[first + row] = value > all.pivotTolerance * whole ? value.squareRoot() : 0
                }
            }
            let pivot = lower[first + row]
            func reduce(_ values: inout [Double], _ width: Int) {
                for place in 0..<width {
                    var value = values[row * width + place]
                    for k in 0..<row { value -= lower[first + k] * values[k * width + place] }
                    values[row * width + place] = pivot > 0 ? value / pivot : 0
                }
            }
            reduce(&images, order)
            reduce(&slopes, 1)
        }
    }

    /// `I S^-1 I'`, a triangle.
    func square(order: Int) -> [Double] {
        var square = Array(repeating: 0.0, count: triangleCount(order))
        for vector in 0..<rank {
            var entry = 0
            for row in 0..<order {
                let value = images[vector * order + row]
                for column in 0...row {
                    square[entry] += value * images[vector * order + column]
                    entry += 1
                }
            }
        }
        return square
    }

    /// `I S^-1 B'g`.
    func pull(order: Int) -> [Double] {
        (0..<order).map { place in
            (0..<rank).reduce(0.0) { $0 + images[$1 * order + place] * slopes[$1] }
        }
    }

    /// `-S^-1 (B'g + I'x)` for a step `x` of the centre that comes from the basis.
    func step(_ center: [Double]) -> [Double] {
        let order = center.count
        var step = (0..<rank).map { row in
            -center.indices.reduce(slopes[row]) { $0 + images[row * order + $1] * center[$1] }
        }
        for row in (0..<rank).reversed() {
            let pivot = lower[triangleCount(row) + row]
            step[row] = pivot > 0 ? step[row] / pivot : 0
            for k in 0..<row { step[k] -= lower[triangleCount(row) + k] * step[row] }
        }
        return step
    }
}
