import ArgumentParser
import Tables

/// Which table, which columns, which formula.
struct InputOptions: ParsableArguments {
    @Argument(help: "The table: .csv, .tsv, also .gz, or - for standard input.")
    var table: String

    @Option(help: ArgumentHelp("The column that names each row's task.", valueName: "column"))
    var task: String

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
            "Texts that stand for a missing value, apart by commas; no text is the empty field.", valueName: "texts"))
    var na = "NA,"

    func validate() throws {
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
