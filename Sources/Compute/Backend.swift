/// The operations that every estimator is written against: few verbs on opaque device memory.
///
/// Operations enqueue and return; `download` and `synchronize` block until all before them is done. Shapes travel with
/// the arrays; how a backend lays them out is its own business. Memory is zero when made.
///
/// The same input gives the same bits on one backend, however rows are cut into chunks and however many threads or
/// devices work on them. Two backends agree to rounding.
public protocol Backend<Scalar>: RowPasses, LossPasses, TaskAlgebra, TaskStatistics, RandomFills {}
