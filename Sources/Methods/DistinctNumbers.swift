extension [Double] {
    /// The numbers that occur. NaN is none: it is equal to nothing, so that a set would keep each one, and look at all others
    /// first.
    package var distinctNumbers: Set<Double> { Set(lazy.filter { !$0.isNaN }) }
}
