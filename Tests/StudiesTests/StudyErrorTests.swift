import Studies
import Testing

@Suite("a study file")
struct StudyErrorTests {
    /// What is changed of a sound study, and what is then said.
    struct Mistake: Sendable, CustomTestStringConvertible {
        var old: String?
        var new = ""
        var more: [String] = []
        let message: String

        var testDescription: String { message }
    }

    static let mistakes = [
        Mistake(
            old: "tasks", new: "tsaks = 6",
            message: "s.toml:4: [design] needs 'tasks', a whole number of 1 or more"),
        Mistake(
            old: "features", new: "features = 3\nfeatuers = 4",
            message: "s.toml:8: [design] has no 'featuers'; did you mean 'features'?"),
        Mistake(
            old: "rows", new: "rows = \"many\"",
            message: "s.toml:6: 'rows' is a whole number of 1 or more, { from = .., to = .. } or "
                + "{ mean = .., dirichlet = .. }, not \"many\""),
        Mistake(
            old: "rows", new: "rows = 3",
            message:
                "s.toml:6: a task has 3 rows and 3 features, and 'itl' needs more rows than features; use more rows "
                + "or fewer features"),
        Mistake(
            old: "rows", new: "rows = { from = 9, to = 8 }",
            message: "s.toml:6: 'to' is a whole number of 9 or more, not 8"),
        Mistake(
            old: "structure", new: "structure = \"spere\"",
            message: "s.toml:9: 'structure' is one of \"shared\", \"sphere\", \"sparse\", \"clusters\", \"low-rank\", "
                + "\"two-groups\", not \"spere\""),
        Mistake(
            old: "spread", new: "spread = -1", message: "s.toml:10: 'spread' is a number of 0 or more, not -1"),
        Mistake(
            old: "metrics", new: "metrics = [\"mean-l3\"]",
            message: "s.toml:3: a metric is one of mean-l1, mean-l2, max-l1, max-l2, prediction, coverage, length, "
                + "missing, or one of them with :inliers or :outliers, not \"mean-l3\""),
        Mistake(
            more: ["[grid]"], message: "s.toml:15: the grid is empty; give it a list, as design.rows = [100, 200]"),
        Mistake(
            more: ["[grid]", "design.rows = []"], message: "s.toml:16: the grid's 'design.rows' is empty"),
        Mistake(
            more: ["[grid]", "design.rows = [10, 2]"],
            message:
                "s.toml:16: a task has 2 rows and 3 features, and 'itl' needs more rows than features; use more rows "
                + "or fewer features"),
        Mistake(
            more: ["[grid]", "design.row = [10]"], message: "s.toml:16: [design] has no 'row'; did you mean 'rows'?"),
        Mistake(
            more: ["[grid]", "design.tasks.many = [10]"],
            message: "s.toml:16: the grid varies 'design.tasks.many', but 'design.tasks' has no fields"),
        Mistake(
            more: ["[[methods]]", "name = \"itl\""],
            message: "s.toml:16: two methods are called 'itl'; give one of them a 'label'"),
        Mistake(
            more: ["[[methods]]", "name = \"lars\""],
            message: "s.toml:16: 'name' is one of \"itl\", \"pool\", \"average\", \"ridge\", \"molar\", \"lasso\", "
                + "\"rm\", \"ml\", \"armul\", \"clustered-mtl\", \"low-rank-mtl\", not \"lars\""),
        Mistake(
            more: ["[[methods]]", "name = \"rm\"", "trim = 0.5"],
            message: "s.toml:17: 'trim' is a number from 0 to less than 0.5, not 0.5"),
        Mistake(
            more: ["[[methods]]", "name = \"armul\"", "structure = \"clustered\""],
            message: "s.toml:15: the method 'armul' needs 'clusters', a whole number of 1 or more"),
        Mistake(
            more: ["[[methods]]", "name = \"armul\"", "strengths = []"],
            message: "s.toml:17: 'strengths' is empty; give it a number at least"),
        Mistake(
            old: "structure", new: "structure = \"sparse\"\ndiffering-share = 0.1\ndifferences = 2",
            message: "s.toml:10: 'differing-share' and 'differences' both say how many coordinates differ"),
        Mistake(
            more: ["[noise]", "distribution = \"t\"", "degrees = 2"],
            message: "s.toml:17: 'degrees' is a number above 2.0, not 2"),
        Mistake(
            old: "rows", new: "rows = 100000000\ndraw = \"rows\"",
            message: "s.toml:7: [design] has no 'draw'; it has 'tasks', 'features', 'rows', 'covariance'"),
        Mistake(
            old: "name = \"small\"", new: "name = \"small\"\ndraw = \"rows\"",
            more: ["[grid]", "design.rows = [100_000_000]"],
            message:
                "s.toml:17: rows times features of a task may be at most 4294967296 where rows are drawn; use fewer, "
                + "or draw = \"moments\""),
        Mistake(old: "replications", new: "replications = 4 x", message: "s.toml:2: this is not TOML: "),
        Mistake(
            old: "replications", new: "replications = 1.5",
            message: "s.toml:2: 'replications' is a whole number of 1 or more, not 1.5"),
        Mistake(
            old: "metrics", new: "metrics = [\"mean-l2:outliers\"]",
            message: "s.toml:11: the metric mean-l2:outliers needs outliers; add [outliers] with a 'share'"),
    ]

    @Test("that is wrong is refused with its line and what to do", arguments: mistakes)
    func refused(mistake: Mistake) {
        let text = SmallStudy.text(replacing: mistake.old, with: mistake.new, adding: mistake.more)
        let error = #expect(throws: StudyError.self) { _ = try Study(text, file: "s.toml") }
        let found = error?.description ?? ""
        // What the TOML library says of a syntax error is its own.
        if mistake.message.hasSuffix(": ") {
            #expect(found.hasPrefix(mistake.message))
        } else {
            #expect(found == mistake.message)
        }
    }

    @Test("has a cell for every combination of a block's lists, block after block, the last list fastest")
    func grid() throws {
        let text = SmallStudy.text(adding: [
            "[[grid]]", "design.rows = [10, 20]", "coefficients.spread = [0, 1, 2]", "[[grid]]",
            "design.tasks = [5, 7]",
        ])
        let study = try Study(text, file: "s.toml")
        #expect(study.factorNames == ["rows", "spread", "tasks"])
        #expect(
            study.cells.map(\.factorValues) == [
                ["10", "0", "6"], ["10", "1", "6"], ["10", "2", "6"], ["20", "0", "6"], ["20", "1", "6"],
                ["20", "2", "6"], ["20", "0.5", "5"], ["20", "0.5", "7"],
            ])
    }

    @Test("may vary an option of a method, which is called by its label")
    func methodOption() throws {
        let text = SmallStudy.text(adding: [
            "[[methods]]", "name = \"molar\"", "label = \"M\"", "[grid]", "methods.M.strength = [0.5, 1]",
        ])
        #expect(try Study(text, file: "s.toml").cells.map(\.factorValues) == [["0.5"], ["1"]])
    }
}
