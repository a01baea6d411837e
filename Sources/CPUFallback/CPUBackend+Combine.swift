public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func combine(_ a: Term<Buffer>, _ b: Term<Buffer>?, into result: Vectors<Buffer>) {
        let first = ScaledOperand(a, over: result)
        if let b {
            let second = ScaledOperand(b, over: result)
            forEachColumn(of: result, operandCount: 2) { pack, column, output in
                let (x, y) = (first.column(column, ofPack: pack), second.column(column, ofPack: pack))
                for index in 0..<result.width {
                    let (scale, value) = x.factors(at: index)
                    output[index] = multiplyAdd(scale, value, y.product(at: index))
                }
            }
        } else {
            forEachColumn(of: result, operandCount: 1) { pack, column, output in
                let x = first.column(column, ofPack: pack)
                for index in 0..<result.width { output[index] = x.product(at: index) }
            }
        }
    }

    /// Calls `body` with the number of each pack, each column, and where in `result` that column of the pack begins.
    ///
    /// - Parameter operandCount: vectors as wide as the result that `body` reads.
    @inline(__always)
    func forEachColumn(
        of result: Vectors<Buffer>, operandCount: Int, _ body: (Int, Int, UnsafeMutablePointer<Scalar.Lanes>) -> Void
    ) {
        let grain = packsPerUnit(costPerPack: result.valuesPerTask * (operandCount + 1) + 1)
        parallel.forEachRange(of: packCount(result.taskCount), grain: grain) { packs in
            for pack in packs {
                let output: UnsafeMutablePointer<Scalar.Lanes> = result.entries.vectors(ofPack: pack)
                for column in 0..<result.columnCount { body(pack, column, output + column * result.width) }
            }
        }
    }
}

/// A term of a linear combination as operands of a result.
private struct ScaledOperand<Scalar: LaneScalar> {
    private let vectors: Operand<Scalar>
    private let scales: Operand<Scalar>

    @inline(__always)
    init(_ term: Term<CPUBuffer<Scalar>>, over result: Vectors<CPUBuffer<Scalar>>) {
        vectors = Operand(term.vectors, term.vectors.broadcast(over: result))
        switch term.scale {
        case .number(let number): scales = Operand(repeating: number)
        case .each(let each): scales = Operand(each, each.broadcast(over: result))
        }
    }

    @inline(__always)
    func column(_ column: Int, ofPack pack: Int) -> ScaledColumn<Scalar> {
        ScaledColumn(
            values: vectors.column(column, ofPack: pack), valueStep: vectors.coordinateStep,
            scales: scales.column(column, ofPack: pack), scaleStep: scales.coordinateStep)
    }
}

/// One column of one pack of a term.
private struct ScaledColumn<Scalar: LaneScalar> {
    let values: UnsafeMutablePointer<Scalar.Lanes>
    let valueStep: Int
    let scales: UnsafeMutablePointer<Scalar.Lanes>
    let scaleStep: Int

    /// The scale and the value, which is 0 where the scale is.
    @inline(__always)
    func factors(at index: Int) -> (scale: Scalar.Lanes, value: Scalar.Lanes) {
        let scale = scales[index &* scaleStep]
        return (scale, select(scale, ==, .zero, .zero, else: values[index &* valueStep]))
    }

    @inline(__always)
    func product(at index: Int) -> Scalar.Lanes {
        let (scale, value) = factors(at: index)
        return scale * value
    }
}
