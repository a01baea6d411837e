import Compute
import Engine
import Studies
import Tables

/// One run of `kindred reproduce molar fig1`.
struct ReproduceCountryMapRun {
    let command: ReproduceCommand
    let path: String

    func run() throws {
        let settings = command.settings
        let precision = command.place.precision.precision
        let drawing = try command.output.map { try self.drawing(to: $0) }
        let session = try command.place.place.makeSession(settings, precision: precision)
        let data = try command.readStudents(path)
        // What travels is a country's moments.
        let workload = Workload(
            rowCount: data.countries.count * data.features.count, featureCount: data.features.count, passCount: 1,
            precision: precision)
        if settings.verbose { settings.messages.detail("device: \(session.planText(for: workload))") }
        let map = try session.perform(
            CountryMap(data, passes: PassProgress { _ in !Signals.isInterrupted }), workload: workload)
        try OutputFile.show(
            """
            Huang et al. (2024), Figure 1, on students of 2003: least squares of a country less the median of countries
            \(data.summary)

            \(table(map))
            \(map.summary)
            \(deviations(map))

            """)
        if let drawing {
            try drawing.write(map)
            settings.messages.note("1 figure: \(command.output ?? "")")
        }
    }

    /// What cannot be drawn is said before anything is read.
    private func drawing(to path: String) throws -> FigureOutput {
        guard let drawing = try FigureOutput(path: path) else {
            throw Failure(
                code: Failure.usageCode, "-o \(path): the map is written as .html, .vl.json, .svg or .png")
        }
        return drawing
    }

    private func table(_ map: CountryMap.Output) -> String {
        TextTable(
            corner: "feature", header: map.countries, names: map.features,
            fields: map.features.indices.map { feature in
                map.countries.indices.map { country in
                    let cell = map.cell(country, feature)
                    return cell.isLarge ? map.text(cell) : "."
                }
            }
        ).text
    }

    private func deviations(_ map: CountryMap.Output) -> String {
        let named = zip(map.deviations, map.countries).sorted { $0.0 < $1.0 }
        guard let least = named.first, let most = named.last else { return "" }
        return "The errors' standard deviation is \(formatted(least.0, "%.2f")) (\(least.1)) to "
            + "\(formatted(most.0, "%.2f")) (\(most.1))."
    }
}
