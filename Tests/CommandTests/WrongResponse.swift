/// A response that a family cannot have, and what is said of it.
struct WrongResponse: Sendable, CustomStringConvertible {
    let family: String
    let name: String
    var rows: String?
    let message: String

    var description: String { "\(family), \(name)" }

    static let all = [
        WrongResponse(
            family: "binomial", name: "count",
            message: "response 'count': found 2 in task 'g0'; --family binomial needs 0 and 1, -1 and 1, or two labels"),
        WrongResponse(
            family: "binomial", name: "three",
            message: "response 'three' has 3 labels ('low', 'mid', 'top'), and --family binomial needs two; "
                + "use --family multinomial"),
        WrongResponse(
            family: "multinomial", name: "y", rows: "group,x,y\na,1,0\na,2,1\nb,3,1.5\n",
            message:
                "response 'y': found 1.5 in task 'b'; --family multinomial needs whole numbers or labels, a class each"),
        WrongResponse(
            family: "poisson", name: "sign",
            message: "response 'sign': found -1 in task 'g0'; --family poisson needs numbers of 0 or more"),
        WrongResponse(
            family: "binomial", name: "y", rows: "group,x,y\na,1,1\na,2,1\nb,3,1\n",
            message: "response 'y' is '1' in every row, so there is nothing to explain"),
        WrongResponse(
            family: "multinomial", name: "y", rows: "group,x,y\na,1,u\na,2,u\nb,3,u\n",
            message: "response 'y' is 'u' in every row, so there is nothing to explain"),
        WrongResponse(
            family: "binomial", name: "y", rows: "group,x,y\na,1,1\na,2,0\nb,3,-1\n",
            message: "response 'y': found -1, 0 and 1; --family binomial needs 0 and 1, or -1 and 1"),
    ]
}
