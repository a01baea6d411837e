public import Tables

/// Figures that Vega-Lite draws, and the page that shows them.
public protocol DrawnFigures: Sendable {
    /// All figures as one Vega-Lite specification.
    var specification: OutputText { get }

    /// The page: one file that needs no other, and no network.
    ///
    /// - Parameters:
    ///   - bundle: the JavaScript of Vega, Vega-Lite and Vega-Embed, which draw the figures.
    ///   - version: of the program that makes the page.
    func page(bundle: [UInt8], version: String) -> OutputText
}
