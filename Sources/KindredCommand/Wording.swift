import Tables

/// A number in five significant digits, zeros at the end included: for columns of numbers.
func alignedNumber(_ value: Double) -> String {
    guard !value.isNaN else { return "" }
    let text = formatted(value, "%#.5g")
    return text.hasSuffix(".") ? String(text.dropLast()) : text
}

/// A duration in seconds or milliseconds.
func secondsText(_ seconds: Double) -> String {
    seconds < 1 ? "\(Int((seconds * 1000).rounded())) ms" : "\(formatted(seconds, seconds < 100 ? "%.2f" : "%.0f")) s"
}
