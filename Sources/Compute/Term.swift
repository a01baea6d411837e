/// Vectors and the scale they have in a linear combination.
public struct Term<Buffer> {
    package enum Scale {
        case number(Double)
        case each(Vectors<Buffer>)
    }

    package let vectors: Vectors<Buffer>
    package let scale: Scale

    package init(vectors: Vectors<Buffer>, scale: Scale) {
        self.vectors = vectors
        self.scale = scale
    }
}

extension Vectors {
    /// These vectors times one number, rounded to the backend's scalar.
    public func scaled(by number: Double) -> Term<Buffer> { Term(vectors: self, scale: .number(number)) }

    /// These vectors times a value for each task, column or coordinate: what `scales` has one of serves all.
    public func scaled(by scales: Vectors<Buffer>) -> Term<Buffer> { Term(vectors: self, scale: .each(scales)) }
}
