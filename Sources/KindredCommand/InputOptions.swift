import ArgumentParser
import Tables

/// Which table, which columns, which formula.
struct InputOptions: ParsableArguments {
    @Argument(help: "The table: .csv, .tsv, also .gz, or - for standard input; .npz or .npy.")
    var table: String

    @Option(
        name: .customLong("task"), parsing: .singleValue,
        help: ArgumentHelp(
            "The column that names each row's task: one, whose values are the tasks.", valueName: "column"))
    var tasks: [String]

    /// The one column that `validate` has made sure of.
    var task: String { tasks.first ?? "" }

    @Option(
        help: ArgumentHelp(
            """
            The model, as "y ~ x + z", with + - : * ^, -1, I(x^2), log(), exp(), sqrt(), and C(x) to take numbers for \
            categories.
            """,
            valueName: "formula"))
    var formula: String?

    @Option(help: ArgumentHelp("The response, in place of a formula.", valueName: "column"))
    var response: String?

    @Option(help: ArgumentHelp("The features that go with --response, as a,b,c.", valueName: "columns"))
    var features: String?

    @Option(help: ArgumentHelp("A column of weights, none of them negative.", valueName: "column"))
    var weights: String?

    @Option(
        help: ArgumentHelp(
            "All texts that stand for a missing value, apart by commas; no text is the empty field.",
            valueName: "texts"))
    var na = "NA,"

    func validate() throws {
        if tasks.count != 1 {
            throw ValidationError(
                "--task names one column; for tasks such as country and school together, make a column of both first")
        }
        if formula != nil, response != nil || features != nil {
            throw ValidationError("give either --formula or --response with --features")
        }
        if formula == nil, response == nil || features == nil {
            throw ValidationError("a model is needed: --formula \"y ~ x\", or --response y --features x,z")
        }
    }

    func parsedFormula() throws(TableError) -> Formula {
        if let formula { return try Formula(parsing: formula) }
        return try Formula(
            response: response ?? "",
            features: (features ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }

    var missingTexts: [String] { na.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
}
