/// The eigenvalues of a symmetric matrix, by Jacobi's rotations: each makes one off-diagonal element zero.
func eigenvalues(of symmetric: [[Double]]) -> [Double] {
    var a = symmetric
    let order = a.count
    for _ in 0..<60 {
        var off = 0.0
        for p in 0..<order {
            for q in p + 1..<max(order, p + 1) {
                off = max(off, abs(a[p][q]))
                guard a[p][q] != 0 else { continue }
                // tan of the angle that makes a[p][q] zero, the smaller of the two.
                let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
                let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
                let c = 1 / (t * t + 1).squareRoot()
                let s = t * c
                for k in 0..<order { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
                for k in 0..<order { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
            }
        }
        if off == 0 { break }
    }
    return a.indices.map { a[$0][$0] }.sorted()
}
