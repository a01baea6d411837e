internal import Compute
internal import Methods

/// What is timed.
package enum Benchmarks {
    /// Every operation and the whole jobs.
    ///
    /// - Parameter isQuick: a tenth as many tasks.
    package static func all(isQuick: Bool) -> [any Benchmark] {
        let size = Sizes(isQuick: isQuick)
        return rows(size) + algebra(size) + statistics(size) + jobs(size)
    }

    private struct Sizes {
        let isQuick: Bool

        func tasks(_ count: Int) -> Int { isQuick ? count / 10 : count }

        func problem(_ taskCount: Int, _ rowsPerTask: Int, _ featureCount: Int) -> ProblemSize {
            ProblemSize(taskCount: tasks(taskCount), rowsPerTask: rowsPerTask, featureCount: featureCount)
        }

        /// Those that are compared with other programs.
        var problems: [ProblemSize] { [problem(10000, 100, 20), problem(1000, 1000, 50), problem(100000, 30, 8)] }
    }

    private static func rows(_ sizes: Sizes) -> [any Benchmark] {
        let problem = sizes.problem(10000, 100, 20)
        return [
            StageBenchmark(problem: problem), AccumulateBenchmark(problem: problem),
            AccumulateBenchmark(problem: problem, isWeighted: true),
            AccumulateBenchmark(problem: problem, foldCount: 5),
            LeastSquaresBenchmark(problem: problem), LeastSquaresBenchmark(problem: problem, isWeighted: true),
            ResidualBenchmark(problem: problem), ScoreBenchmark(problem: problem),
            LossBenchmark(problem: problem, loss: .squared), LossBenchmark(problem: problem, loss: .logistic),
            LossBenchmark(problem: problem, loss: .poisson),
            LossBenchmark(problem: problem, loss: .softmax(classCount: 4)),
            CurvatureBenchmark(problem: problem, loss: .logistic),
        ]
            // As many tasks, rows and features as one fold of the activities of 30 people has.
            + [1, 10, 25, 50].map {
                LossBenchmark(
                    problem: ProblemSize(taskCount: 30, rowsPerTask: 275, featureCount: 101), loss: .logistic,
                    wantsValues: false, fitCount: $0)
            }
    }

    private static func algebra(_ sizes: Sizes) -> [any Benchmark] {
        func benchmark(_ operation: some TaskOperation) -> any Benchmark {
            TaskBenchmark(operation: operation, taskCount: sizes.tasks(100_000), width: 20)
        }
        return [
            benchmark(FactorOperation()), benchmark(SolveOperation()), benchmark(DiagonalsOperation(isSandwich: false)),
            benchmark(DiagonalsOperation(isSandwich: true)),
            TaskBenchmark(operation: RidgeErrorsOperation(), taskCount: sizes.tasks(10000), width: 20),
            TaskBenchmark(operation: EigenOperation(), taskCount: sizes.tasks(10000), width: 20),
            benchmark(InfimalConvolutionOperation()),
            TaskBenchmark(
                operation: InfimalConvolutionOperation(columnCount: 10), taskCount: sizes.tasks(10000), width: 20),
            TaskBenchmark(
                operation: InfimalConvolutionOperation(hasCurvatures: true), taskCount: sizes.tasks(10000), width: 20),
            benchmark(ElasticNetOperation()),
            TaskBenchmark(
                operation: ElasticNetOperation(columnCount: 10), taskCount: sizes.tasks(10000), width: 20),
            TaskBenchmark(operation: ElasticNetOperation(), taskCount: sizes.tasks(1000), width: 300),
            benchmark(MultiplyOperation()), benchmark(GradientStepOperation()), benchmark(DotsOperation()),
            benchmark(CombineOperation()),
        ] + Prox.allCases.map { benchmark(ShrinkOperation(prox: $0)) }
    }

    private static func statistics(_ sizes: Sizes) -> [any Benchmark] {
        func benchmark(_ operation: some TaskOperation) -> any Benchmark {
            TaskBenchmark(operation: operation, taskCount: sizes.tasks(1_000_000), width: 20)
        }
        return [
            benchmark(WeightedSumOperation()), benchmark(LabelSumOperation()), benchmark(GroupSumOperation()),
            benchmark(MedianOperation()), benchmark(TrimmedMeanOperation()), benchmark(NearestCenterOperation()),
            benchmark(MatmulOperation()),
            benchmark(CrossProductOperation()), benchmark(SimplexOperation(isAcrossTasks: false)),
            benchmark(SimplexOperation(isAcrossTasks: true)), benchmark(FillOperation(kind: .words)),
            benchmark(FillOperation(kind: .uniforms)), benchmark(FillOperation(kind: .normals)),
            benchmark(TransferOperation(isDownload: false)), benchmark(TransferOperation(isDownload: true)),
        ]
    }

    private static func jobs(_ sizes: Sizes) -> [any Benchmark] {
        let problem = sizes.problem(10000, 100, 20)
        let comparisons: [any Benchmark] =
            sizes.problems.dropFirst().map { LeastSquaresBenchmark(problem: $0) }
            + sizes.problems.map { LossBenchmark(problem: $0, loss: .squared, wantsValues: false) }
            + sizes.problems.map { ProximalStepsBenchmark(taskCount: $0.taskCount, order: $0.featureCount) }
        let rows: [FitBenchmark.Rows] = [.even, .weighted, .ragged, .illConditioned]
        let fits: [any Benchmark] =
            rows.map { FitBenchmark(estimator: Individual(), problem: problem, rows: $0) }
            + [
                FitBenchmark(estimator: Individual(variance: .hc3), problem: problem, variant: "HC3"),
                FitBenchmark(estimator: Pooled(), problem: problem), FitBenchmark(estimator: MOLAR(), problem: problem),
                FitBenchmark(estimator: Ridge(), problem: problem), FitBenchmark(estimator: ARMUL(), problem: problem),
                FitBenchmark(estimator: ARMUL(strength: 0.5), problem: problem, variant: "one strength"),
                FitBenchmark(
                    estimator: ARMUL(strength: 0.5), problem: sizes.problem(100000, 30, 8), variant: "one strength"),
                RidgePathBenchmark(problem: problem, isOneFit: true), RidgePathBenchmark(problem: problem),
            ]
        let structures: [ARMUL.Structure] = [
            .vanilla, .clustered(ClusterStructure(count: 3)), .lowRank(rank: 3),
        ]
        let tunings: [any Benchmark] = [sizes.problem(30, 200, 50), sizes.problem(1000, 50, 10)].flatMap { problem in
            structures.map { TuningBenchmark(structure: $0, problem: problem) }
        }
        let molars: [any Benchmark] = [false, true].flatMap { isFromMoments in
            [10_000, 100_000, 1_000_000].map {
                MolarBenchmark(taskCount: sizes.tasks($0), featureCount: 20, isFromMoments: isFromMoments)
            }
        }
        return comparisons + fits + tunings + molars
    }

    /// A job as programs that are compared are asked for it: `A-ols M=10000 n=100 d=20`, `B-grad` likewise,
    /// `C-median d=20 M=1000000`, `C-wmedian`, `D-prox200 M=10000 d=20`. Nil for another name.
    package static func compared(_ name: String, taskCount: Int, rowsPerTask: Int, width: Int) -> (any Benchmark)? {
        let problem = ProblemSize(taskCount: taskCount, rowsPerTask: rowsPerTask, featureCount: width)
        return switch name {
        case "A-ols": LeastSquaresBenchmark(problem: problem)
        case "B-grad": LossBenchmark(problem: problem, loss: .squared, wantsValues: false)
        case "C-median":
            TaskBenchmark(operation: MedianOperation(isWeighted: false), taskCount: taskCount, width: width)
        case "C-wmedian": TaskBenchmark(operation: MedianOperation(), taskCount: taskCount, width: width)
        case "D-prox200": ProximalStepsBenchmark(taskCount: taskCount, order: width)
        default: nil
        }
    }
}
