/// What a pass over rows tells while it runs, and how it is stopped.
public struct PassProgress: Sendable {
    private let report: @Sendable (Int) -> Bool

    /// - Parameter report: called with the number of rows brought through since the last call; returns false to stop.
    public init(_ report: @escaping @Sendable (Int) -> Bool) { self.report = report }

    /// - Throws: ``ComputeError/interrupted`` when the run is to stop.
    public func advance(rows: Int) throws(ComputeError) {
        if !report(rows) { throw .interrupted }
    }
}
