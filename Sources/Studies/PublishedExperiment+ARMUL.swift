/// Duan and Wang (2023), Figures 1 and 2: the largest error of a task's coefficients against the tasks' distance from their
/// model. The known values are those of an independent implementation that solves each problem to convergence, 20
/// replications each (low-rank: 11). The paper's curves, beside them, come from programs that stop early and move all centres
/// and basis vectors by one common step.
extension PublishedExperiment {
    static var armulFigure1: PublishedExperiment { armul("fig1", outliers: "0", curves: curvesWithoutOutliers) }

    static var armulFigure2: PublishedExperiment { armul("fig2", outliers: "0.2", curves: curvesWithOutliers) }

    private static func armul(_ figure: String, outliers share: String, curves: [Curve]) -> PublishedExperiment {
        // With the seconds of the authors' programs on a core of an AMD EPYC, Zen 5.
        let texts = [
            ("vanilla", PackageResources.armul_vanilla_toml, 10.8),
            ("clustered", PackageResources.armul_clustered_toml, 36),
            ("low-rank", PackageResources.armul_low_rank_toml, 41),
        ]
        return PublishedExperiment(
            paper: "armul", figure: figure,
            summary:
                "the largest error of a task's coefficients, beside a converged implementation's and the paper's curve",
            parts: texts.map { name, text, seconds in
                Part(
                    name: name,
                    text: Study.text(String(decoding: text, as: UTF8.self), setting: "outliers.share", to: share),
                    targets: curves.filter { $0.part == name }.flatMap(\.targets), authorsSeconds: seconds)
            },
            agreement: .standardErrors(4), quickReplications: 5)
    }

    /// A method's curve over the spreads 0, 0.1, ..., 1.
    private struct Curve {
        let part: String
        let method: String
        var metric = 0
        /// The least over the curve, over replications.
        let deviation: Double
        let known: [Double]
        let published: [Double]

        var targets: [Target] {
            known.indices.map { step in
                Target(
                    setting: ["spread": step == 0 ? "0" : step == 10 ? "1" : "0.\(step)"], method: method,
                    metric: metric,
                    value: known[step], replications: part == "low-rank" ? 11 : 20, deviation: deviation,
                    published: published[step])
            }
        }
    }

    private static var curvesWithoutOutliers: [Curve] {
        [
            Curve(
                part: "vanilla", method: "ARMUL", deviation: 0.008,
                known: [0.095, 0.155, 0.240, 0.323, 0.381, 0.439, 0.492, 0.519, 0.551, 0.579, 0.603],
                published: [0.096, 0.156, 0.241, 0.327, 0.391, 0.447, 0.499, 0.538, 0.562, 0.588, 0.612]),
            Curve(
                part: "vanilla", method: "ITL", deviation: 0.037,
                known: [0.721, 0.721, 0.721, 0.721, 0.721, 0.721, 0.721, 0.721, 0.721, 0.721, 0.721],
                published: [0.708, 0.708, 0.708, 0.708, 0.708, 0.708, 0.708, 0.708, 0.708, 0.709, 0.709]),
            Curve(
                part: "vanilla", method: "pooling", deviation: 0.009,
                known: [0.092, 0.153, 0.243, 0.339, 0.438, 0.538, 0.639, 0.741, 0.844, 0.947, 1.050],
                published: [0.093, 0.155, 0.244, 0.341, 0.440, 0.541, 0.643, 0.745, 0.848, 0.951, 1.054]),
            Curve(
                part: "clustered", method: "ARMUL", deviation: 0.012,
                known: [0.174, 0.217, 0.288, 0.362, 0.415, 0.472, 0.511, 0.537, 0.567, 0.593, 0.612],
                published: [0.191, 0.231, 0.296, 0.367, 0.420, 0.475, 0.518, 0.544, 0.575, 0.602, 0.620]),
            Curve(
                part: "clustered", method: "clustered MTL", deviation: 0.012,
                known: [0.174, 0.217, 0.290, 0.377, 0.470, 0.567, 0.666, 0.768, 0.870, 0.972, 1.075],
                published: [0.190, 0.231, 0.301, 0.384, 0.475, 0.569, 0.666, 0.765, 0.866, 0.967, 1.068]),
            Curve(
                part: "low-rank", method: "ARMUL", deviation: 0.022,
                known: [0.292, 0.309, 0.355, 0.406, 0.454, 0.504, 0.525, 0.557, 0.586, 0.611, 0.613],
                published: [0.309, 0.324, 0.363, 0.408, 0.449, 0.494, 0.527, 0.555, 0.583, 0.608, 0.623]),
            Curve(
                part: "low-rank", method: "low-rank MTL", deviation: 0.021,
                known: [0.292, 0.309, 0.357, 0.425, 0.505, 0.593, 0.687, 0.785, 0.884, 0.985, 1.086],
                published: [0.308, 0.323, 0.367, 0.430, 0.505, 0.588, 0.678, 0.771, 0.867, 0.964, 1.062]),
        ]
    }

    /// The first of each pair of metrics leaves the outliers out.
    private static var curvesWithOutliers: [Curve] {
        [
            Curve(
                part: "vanilla", method: "ARMUL", deviation: 0.017,
                known: [0.217, 0.238, 0.294, 0.365, 0.410, 0.450, 0.488, 0.529, 0.560, 0.580, 0.596],
                published: [0.203, 0.242, 0.323, 0.387, 0.443, 0.504, 0.539, 0.565, 0.591, 0.610, 0.622]),
            Curve(
                part: "vanilla", method: "ARMUL", metric: 1, deviation: 0.039,
                known: [0.790, 0.786, 0.770, 0.726, 0.712, 0.712, 0.712, 0.699, 0.676, 0.649, 0.650],
                published: [0.921, 0.914, 0.877, 0.853, 0.845, 0.791, 0.757, 0.754, 0.735, 0.692, 0.681]),
            Curve(
                part: "clustered", method: "ARMUL", deviation: 0.020,
                known: [0.304, 0.331, 0.373, 0.414, 0.452, 0.488, 0.528, 0.557, 0.581, 0.595, 0.609],
                published: [0.496, 0.499, 0.506, 0.522, 0.538, 0.557, 0.575, 0.588, 0.600, 0.613, 0.624]),
            Curve(
                part: "clustered", method: "clustered MTL", deviation: 0.095,
                known: [0.817, 0.847, 0.878, 0.938, 0.982, 1.046, 1.143, 1.171, 1.292, 1.358, 1.421],
                published: [0.757, 0.785, 0.819, 0.869, 0.927, 1.000, 1.070, 1.141, 1.224, 1.316, 1.395]),
            Curve(
                part: "clustered", method: "ARMUL", metric: 1, deviation: 0.032,
                known: [0.785, 0.769, 0.735, 0.717, 0.716, 0.715, 0.705, 0.681, 0.651, 0.652, 0.654],
                published: [0.729, 0.730, 0.729, 0.729, 0.729, 0.728, 0.720, 0.691, 0.677, 0.675, 0.677]),
            Curve(
                part: "low-rank", method: "ARMUL", deviation: 0.024,
                known: [0.306, 0.323, 0.361, 0.416, 0.458, 0.498, 0.534, 0.567, 0.586, 0.597, 0.612],
                published: [0.346, 0.357, 0.388, 0.429, 0.464, 0.498, 0.530, 0.560, 0.586, 0.603, 0.618]),
            Curve(
                part: "low-rank", method: "low-rank MTL", deviation: 0.023,
                known: [0.352, 0.369, 0.409, 0.472, 0.547, 0.630, 0.718, 0.810, 0.904, 0.998, 1.094],
                published: [0.354, 0.366, 0.405, 0.462, 0.533, 0.614, 0.700, 0.790, 0.883, 0.977, 1.073]),
            Curve(
                part: "low-rank", method: "ARMUL", metric: 1, deviation: 0.033,
                known: [0.770, 0.770, 0.765, 0.718, 0.699, 0.699, 0.699, 0.695, 0.666, 0.648, 0.650],
                published: [0.749, 0.747, 0.733, 0.701, 0.689, 0.689, 0.690, 0.687, 0.669, 0.655, 0.658]),
        ]
    }
}
