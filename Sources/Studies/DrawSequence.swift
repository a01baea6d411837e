import Compute
import RealModule

/// The numbers of one task of a random stream, one after another: for what takes an unknown number of them.
struct DrawSequence {
    private let stream: RandomStream
    private let task: UInt32
    private var position: UInt32
    private var normals = SIMD8<Double>.zero
    private var uniforms = SIMD8<Double>.zero
    private var place = 8

    /// - Parameter position: where it begins.
    init(_ stream: RandomStream, task: UInt32, position: UInt32 = 0) {
        self.stream = stream
        self.task = task
        self.position = position
    }

    /// Eight uniforms and their normal quantiles at a time: each position gives one of the two.
    @inline(__always)
    private mutating func next() -> Int {
        if place == 8 {
            typealias Words = SIMD8<UInt64>
            let positions = Words(0, 1, 2, 3, 4, 5, 6, 7) &+ Words(repeating: UInt64(position))
            let words = Philox.words(
                counters: (
                    positions, Words(repeating: UInt64(task)), Words(repeating: UInt64(stream.replication)),
                    Words(repeating: UInt64(stream.place))
                ), key: stream.key)
            uniforms = Double.uniforms(words.0, words.1)
            normals = Double.normalQuantiles(uniforms)
            position &+= 8
            place = 0
        }
        defer { place += 1 }
        return place
    }

    /// In (0, 1).
    mutating func uniform() -> Double { uniforms[next()] }

    @inline(__always)
    mutating func normal() -> Double { normals[next()] }

    /// One of `0 ..< count`, all as likely to 2^-52.
    mutating func index(below count: Int) -> Int { min(count - 1, Int(uniform() * Double(count))) }

    /// Of the gamma distribution of this shape and scale 1, by Marsaglia and Tsang (2000); a shape below 1 by a uniform's
    /// power.
    mutating func gamma(shape: Double) -> Double {
        if shape < 1 { return gamma(shape: shape + 1) * Double.pow(uniform(), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            guard v > 0 else { continue }
            let u = uniform()
            let square = x * x
            if u < 1 - 0.0331 * square * square { return d * v }
            if Double.log(u) < 0.5 * square + d * (1 - v + Double.log(v)) { return d * v }
        }
    }

    /// The sum of the squares of so many standard normals.
    mutating func chiSquare(_ degrees: Int) -> Double { degrees == 0 ? 0 : 2 * gamma(shape: Double(degrees) / 2) }

    /// Uniform on the sphere of this radius.
    mutating func pointOnSphere(_ dimension: Int, radius: Double) -> [Double] {
        var point = (0..<dimension).map { _ in normal() }
        let length = point.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for index in point.indices { point[index] *= radius / length }
        return point
    }

    /// `count` of `0 ..< total`, every set of them as likely, by Fisher and Yates' shuffle.
    mutating func subset(_ count: Int, of total: Int) -> [Int] {
        var items = Array(0..<total)
        for place in 0..<count { items.swapAt(place, place + index(below: total - place)) }
        return Array(items[..<count])
    }
}
