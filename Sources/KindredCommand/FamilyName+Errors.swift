/// The error of a prediction that a family is judged by.
extension FamilyName {
    /// As tables and files call it.
    var errorName: String {
        switch self {
        case .gaussian: "mse"
        case .binomial, .multinomial: "log_loss"
        case .poisson: "deviance"
        }
    }

    var errorTitle: String {
        switch self {
        case .gaussian: "Squared error"
        case .binomial, .multinomial: "Log loss"
        case .poisson: "Deviance"
        }
    }

    var errorText: String {
        switch self {
        case .gaussian: "mse is the mean squared error"
        case .binomial, .multinomial:
            "log_loss is the mean of -log p of a row's class; wrong: the share of rows whose likeliest class is another"
        case .poisson: "deviance is the mean of 2 (y log(y / mean) - y + mean)"
        }
    }
}
