/// Each operation as the plainest loop in double: the expected value of its test and of its check, and what its
/// documentation means.
public enum Definitions {}
