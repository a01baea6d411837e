import Compute

/// Conjugate gradients, preconditioned by the diagonal, among the coordinates that are not 0, while these keep their signs:
/// there the objective is a quadratic.
extension PackElasticNet {
    /// Begins in the lanes where `entering` is 1.
    @inline(__always)
    func enterFace(
        _ penalty: NetPenalty<Scalar>, _ u: UnsafeMutablePointer<Lanes>, _ entering: Lanes, _ progress: inout Progress
    ) {
        var steepness = Lanes.zero
        for k in 0..<order {
            let slope = slope(k, penalty, at: u[k])
            let step = slope * inverse[k]
            steepness = multiplyAdd(slope, step, steepness)
            direction[k] = select(entering, >, .zero, step, else: direction[k])
        }
        progress.steepness = select(entering, >, .zero, steepness, else: progress.steepness)
        progress.onFace += select(steepness, >, .zero, entering, else: .zero)
    }

    /// One step of the lanes on a face. A coordinate that would change its sign is where it ends, and 0 from then on.
    @inline(__always)
    func advance(
        _ matrix: UnsafeMutablePointer<Lanes>, _ penalty: NetPenalty<Scalar>, _ u: UnsafeMutablePointer<Lanes>,
        _ progress: inout Progress
    ) {
        let curvature = multiplyDirection(matrix, penalty)
        var length = select(curvature, >, .zero, progress.steepness / curvature, else: .zero)
        length = select(progress.onFace, >, .zero, length, else: .zero)
        let stopped = shorten(&length, penalty, u)
        var (largest, steepness) = (Lanes.zero, Lanes.zero)
        for k in 0..<order {
            let move = length * direction[k]
            let new = select(stopped, ==, Lanes(repeating: Scalar(k)), .zero, else: u[k] + move)
            u[k] = new
            residual[k] -= length * product[k]
            largest = larger(magnitude(move) * root[k], largest)
            progress.size = larger(magnitude(new) * root[k], progress.size)
            let slope = slope(k, penalty, at: new)
            let step = slope * inverse[k]
            steepness = multiplyAdd(slope, step, steepness)
            product[k] = step
        }
        progress.sweeps += progress.onFace
        let least = progress.size * tolerance
        // Where one has become 0 the face is another, and directions begin anew.
        let isNew = select(stopped, <, .zero, .zero, else: progress.onFace)
        var staying = select(largest, >, least, progress.onFace, else: isNew)
        staying = select(steepness, >, .zero, staying, else: .zero)
        staying = select(progress.sweeps, <, mostSweeps, staying, else: .zero)
        let share = select(isNew, >, .zero, .zero, else: steepness / progress.steepness)
        for k in 0..<order {
            let next = multiplyAdd(share, direction[k], product[k])
            direction[k] = select(staying, >, .zero, select(u[k], ==, .zero, .zero, else: next), else: .zero)
        }
        progress.steepness = steepness
        progress.onFace = staying
        progress.open = select(progress.sweeps, <, mostSweeps, progress.open, else: .zero)
    }

    /// Ends steps where the first coordinate becomes 0, and returns which one that is; -1 in lanes where none does.
    @inline(__always)
    private func shorten(
        _ length: inout Lanes, _ penalty: NetPenalty<Scalar>, _ u: UnsafeMutablePointer<Lanes>
    ) -> Lanes {
        var (stopped, crossing) = (Lanes(repeating: -1), Lanes.zero)
        for k in 0..<order {
            let new = multiplyAdd(length, direction[k], u[k])
            crossing = select(u[k] * new, <, .zero, penalty.bound, else: crossing)
        }
        if isZero(crossing) { return stopped }
        for k in 0..<order {
            let new = multiplyAdd(length, direction[k], u[k])
            let nearer = select(u[k] * new, <, .zero, (.zero - u[k]) / direction[k], else: length)
            let shorter = select(penalty.bound, >, .zero, nearer, else: length)
            stopped = select(shorter, <, length, Lanes(repeating: Scalar(k)), else: stopped)
            length = select(shorter, <, length, shorter, else: length)
        }
        return stopped
    }

    /// `A p`, and returns `p'A p + t (1 - a) p'p`.
    @inline(__always)
    private func multiplyDirection(_ matrix: UnsafeMutablePointer<Lanes>, _ penalty: NetPenalty<Scalar>) -> Lanes {
        var (row, curvature) = (matrix, Lanes.zero)
        for k in 0..<order {
            let value = direction[k]
            var sum = row[k] * value
            for column in 0..<k {
                sum = multiplyAdd(row[column], direction[column], sum)
                product[column] = multiplyAdd(row[column], value, product[column])
            }
            product[k] = sum
            row += k &+ 1
        }
        for k in 0..<order {
            curvature = multiplyAdd(multiplyAdd(penalty.square, direction[k], product[k]), direction[k], curvature)
        }
        return curvature
    }

    /// The slope of the objective along a coordinate, its sign changed; 0 where the coordinate is.
    @inline(__always)
    private func slope(_ k: Int, _ penalty: NetPenalty<Scalar>, at u: Lanes) -> Lanes {
        select(u, ==, .zero, .zero, else: penalty.inside(residual[k], at: u))
    }
}
