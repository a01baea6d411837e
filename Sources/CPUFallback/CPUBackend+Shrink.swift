public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func shrink(
        _ vectors: Vectors<Buffer>, toward center: Vectors<Buffer>, thresholds: Vectors<Buffer>,
        weights: Vectors<Buffer>?, prox: Prox, into result: Vectors<Buffer>
    ) {
        precondition(prox.isByCoordinate || thresholds.width == 1, "one threshold a column")
        let x = Operand(vectors, vectors.broadcast(over: result))
        precondition(x.coordinateStep == 1, "vectors as wide as the result")
        let c = Operand(center, center.broadcast(over: result))
        let t = Operand(thresholds, thresholds.broadcast(over: result))
        let w = weights.map { Operand($0, $0.broadcast(over: result)) } ?? Operand(repeating: 1)
        forEachColumn(of: result, operandCount: prox.isByCoordinate ? 4 : 12) { pack, column, output in
            let shrink = PackShrink<Scalar>(
                width: result.width, vector: x.column(column, ofPack: pack), center: c.column(column, ofPack: pack),
                centerStep: c.coordinateStep, thresholds: t.column(column, ofPack: pack),
                thresholdStep: t.coordinateStep, weights: w.column(column, ofPack: pack), weightStep: w.coordinateStep)
            switch prox {
            case .soft: shrink.soft(into: output)
            case .hard: shrink.hard(into: output)
            case .block: shrink.block(into: output)
            case .ball: shrink.ball(into: output)
            }
        }
    }
}
