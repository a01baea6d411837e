import Compute

/// What ``PackElasticNet`` does on a face, of one task.
extension TaskElasticNet {
    /// Conjugate gradients among the coordinates that are not 0, while these keep their signs, until a step is small.
    ///
    /// - Returns: how many steps.
    @inline(__always)
    func descendOnFace(_ bound: Scalar, _ square: Scalar, _ size: inout Scalar, atMost most: Int) -> Int {
        var count = 0
        for k in 0..<order where u[k] != 0 {
            visited[count] = k
            count &+= 1
        }
        let face = UnsafeBufferPointer(start: visited, count: count)
        let tolerance = ElasticNet.tolerance(Scalar.self)
        var steepness = turn(face, bound, square, from: nil)
        var stepCount = 0
        while steepness > 0, stepCount < most {
            let curvature = multiplyDirection(face, square)
            stepCount &+= 1
            guard curvature > 0 else { break }
            var length = steepness / curvature
            let stopped = bound > 0 ? shorten(&length, face) : nil
            var largest = Scalar(0)
            for k in face {
                let move = length * direction[k]
                u[k] = k == stopped ? 0 : u[k] + move
                largest = max(largest, move.magnitude * root[k])
                size = max(size, u[k].magnitude * root[k])
            }
            add(product, times: -length, to: residual)
            // Where one has become 0 the face is another, and directions begin anew.
            if stopped == nil, !(largest > size * tolerance) { break }
            steepness = turn(face, bound, square, from: stopped == nil ? steepness : nil)
        }
        return stepCount
    }

    /// Sets the next direction, and returns the steepness where it begins.
    ///
    /// - Parameter steepness: what it was one step before; nil for a direction that is not conjugate to the last one.
    @inline(__always)
    private func turn(
        _ face: UnsafeBufferPointer<Int>, _ bound: Scalar, _ square: Scalar, from steepness: Scalar?
    ) -> Scalar {
        var next = Scalar(0)
        for k in face {
            let slope = u[k] == 0 ? 0 : residual[k] - (square * u[k] + (u[k] < 0 ? -bound : bound))
            product[k] = slope * inverse[k]
            next += slope * product[k]
        }
        let share = steepness.map { next / $0 } ?? 0
        for k in face { direction[k] = u[k] == 0 ? 0 : share == 0 ? product[k] : product[k] + share * direction[k] }
        return next
    }

    /// Ends the step where the first coordinate becomes 0, and returns which one that is.
    @inline(__always)
    private func shorten(_ length: inout Scalar, _ face: UnsafeBufferPointer<Int>) -> Int? {
        var stopped: Int?
        for k in face where u[k] * (u[k] + length * direction[k]) < 0 {
            let nearer = -u[k] / direction[k]
            if nearer < length { (length, stopped) = (nearer, k) }
        }
        return stopped
    }

    /// `A p`, and returns `p'A p + t (1 - a) p'p`.
    @inline(__always)
    private func multiplyDirection(_ face: UnsafeBufferPointer<Int>, _ square: Scalar) -> Scalar {
        product.update(repeating: 0, count: order)
        for k in face { add(matrix + k &* order, times: direction[k], to: product) }
        var curvature = Scalar(0)
        for k in face { curvature += direction[k] * (product[k] + square * direction[k]) }
        return curvature
    }
}
