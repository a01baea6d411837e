/// The values are those of a reference implementation with the paper's settings, two or three replications each: the
/// paper's curves are pictures.
extension PublishedExperiment {
    /// A figure of one study, whose values are to be within a tenth of others'.
    private init(
        paper: String, figure: String, summary: String, text: [UInt8], targets: [Target],
        orders: [Order] = []
    ) {
        self.init(
            paper: paper, figure: figure, summary: summary,
            parts: [Part(name: figure, text: String(decoding: text, as: UTF8.self), targets: targets)],
            agreement: .share(0.1), orders: orders, quickReplications: 2)
    }

    static var molarFigure2: PublishedExperiment {
        func targets(
            _ differences: Int, _ tasks: Int, _ rows: Int, ols: Double, hard: Double, soft: Double, pool: Double
        ) -> [Target] {
            let setting = ["differences": "\(differences)", "tasks": "\(tasks)", "rows": "\(rows)"]
            return zip(["OLS", "MOLAR", "MOLAR soft", "Pool"], [ols, hard, soft, pool]).map { method, value in
                Target(setting: setting, method: method, value: value)
            }
        }
        return PublishedExperiment(
            paper: "molar", figure: "fig2",
            summary: "the mean l1 error of a task's coefficients, beside a reference implementation's",
            text: PackageResources.molar_fig2_toml,
            targets: [
                targets(20, 30, 2000, ols: 0.580, hard: 0.267, soft: 0.233, pool: 2.34),
                targets(20, 30, 5000, ols: 0.348, hard: 0.156, soft: 0.138, pool: 2.26),
                targets(20, 30, 10000, ols: 0.243, hard: 0.110, soft: 0.099, pool: 2.25),
                targets(20, 10, 5000, ols: 0.347, hard: 0.229, soft: 0.187, pool: 2.42),
                targets(20, 100, 5000, ols: 0.347, hard: 0.101, soft: 0.111, pool: 2.15),
                targets(0, 30, 5000, ols: 0.349, hard: 0.131, soft: 0.082, pool: 0.060),
                targets(60, 30, 5000, ols: 0.348, hard: 0.206, soft: 0.258, pool: 5.8),
                targets(100, 30, 5000, ols: 0.348, hard: 0.272, soft: 0.387, pool: 8.6),
                targets(150, 30, 5000, ols: 0.348, hard: 0.335, soft: 0.559, pool: 11.0),
            ].flatMap { $0 } + [
                Target(setting: base, method: "LASSO", value: 0.349), Target(setting: base, method: "RM", value: 0.162),
            ],
            orders: ["OLS", "LASSO", "Pool", "RM"].map { Order(better: "MOLAR", worse: $0) })
    }

    /// Where the figures meet.
    private static let base = ["differences": "20", "tasks": "30", "rows": "5000"]

    static var molarFigure7: PublishedExperiment {
        let known = [("0.35", 0.316), ("0.7", 0.224), ("1", 0.157), ("2", 0.107)]
        return PublishedExperiment(
            paper: "molar", figure: "fig7",
            summary: "the mean l1 error of a task's coefficients by the strength, beside a reference implementation's",
            text: PackageResources.molar_fig7_toml,
            targets: known.map { Target(setting: base, method: "MOLAR, c \($0)", value: $1) },
            orders: ["0.35", "0.7", "1", "2", "4"].map { Order(better: "MOLAR, c \($0)", worse: "OLS") })
    }

    /// No values are known of it, only that MOLAR's are the least.
    static var molarFigure8: PublishedExperiment {
        PublishedExperiment(
            paper: "molar", figure: "fig8",
            summary: "the mean l1 error of a task's coefficients with correlated features and unequal sizes",
            text: PackageResources.molar_fig8_toml, targets: [],
            orders: ["OLS", "LASSO", "Pool", "RM"].map { Order(better: "MOLAR", worse: $0) })
    }

    static var molarFigure9: PublishedExperiment {
        let known: [(differences: String, values: [Double])] = [
            ("20", [0.162, 0.166, 0.156, 0.138]), ("40", [0.197, 0.194, 0.180, 0.196]),
            ("80", [0.299, 0.249, 0.234, 0.313]),
        ]
        return PublishedExperiment(
            paper: "molar", figure: "fig9",
            summary: "the mean l1 error of a task's coefficients, beside a reference implementation's",
            text: PackageResources.molar_fig9_toml,
            targets: known.flatMap { differences, values in
                zip(["RM", "ML", "MOLAR", "MOLAR soft"], values).map { method, value in
                    Target(
                        setting: ["differences": differences, "tasks": "30", "rows": "5000"], method: method,
                        value: value)
                }
            },
            orders: [("MOLAR", "ML"), ("ML", "RM")].map {
                Order(better: $0, worse: $1, settings: ["differences": ["60", "80", "100", "150"]])
            })
    }

    static var molarFigure3: PublishedExperiment {
        let known: [(share: String, tasks: Int, values: [Double])] = [
            ("0.1", 10, [0.060, 0.121, 0.262]), ("0.1", 30, [0.044, 0.090, 0.181]),
            ("0.2", 10, [0.071, 0.140, 0.294]), ("0.2", 30, [0.057, 0.111, 0.220]),
        ]
        return PublishedExperiment(
            paper: "molar", figure: "fig3",
            summary: "the mean l1 error of a task's coefficients by their number, beside a reference implementation's",
            text: PackageResources.molar_fig3_toml,
            targets: known.flatMap { share, tasks, values in
                zip([50, 100, 200], values).map { features, value in
                    Target(
                        setting: [
                            "features": "\(features)", "differing-share": share, "tasks": "\(tasks)", "rows": "2000",
                        ], method: "MOLAR", value: value)
                }
            })
    }
}
