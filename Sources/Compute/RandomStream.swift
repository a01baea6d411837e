/// What a run's random numbers are drawn for. Streams of different purposes share no number.
///
/// A number is part of every result that was drawn with it: once in use it never changes.
public struct RandomPurpose: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Which fold a row is in.
    public static let folds = RandomPurpose(rawValue: 1)
    /// Resampling.
    public static let bootstrap = RandomPurpose(rawValue: 2)
    /// Simulated features.
    public static let design = RandomPurpose(rawValue: 3)
    /// Simulated errors of responses.
    public static let noise = RandomPurpose(rawValue: 4)
    /// Simulated true coefficients.
    public static let coefficients = RandomPurpose(rawValue: 5)
    /// Where an iteration begins.
    public static let initialValues = RandomPurpose(rawValue: 6)
    /// Simulated rotations of features.
    public static let rotation = RandomPurpose(rawValue: 7)
    /// Numbers that a device or an operation is checked with; no result depends on them.
    public static let check = RandomPurpose(rawValue: 255)
}

/// The address of random numbers: a sequence of positions for each task, any of which is made without the others.
///
/// The value at a position of a task is made of the Philox words whose key is the seed, low half first, and whose
/// counter is (position, task, replication, purpose << 24 | cell): one value a counter. It depends on nothing else: not
/// on which tasks are drawn together, on which device, or in what order.
public struct RandomStream: Hashable, Sendable {
    public var seed: UInt64
    public var purpose: RandomPurpose
    /// Which of many repetitions of one study.
    public var replication: UInt32
    /// Which setting of a study: below 2^24.
    public var cell: UInt32
    /// The task of the stream that an array's task 0 is: its task `j` is the stream's `firstTask + j`, modulo 2^32.
    public var firstTask: UInt32 = 0
    /// The position that an array's value 0 is, in the same way.
    public var firstPosition: UInt32 = 0

    public init(seed: UInt64, purpose: RandomPurpose, replication: UInt32 = 0, cell: UInt32 = 0) {
        precondition(cell < 1 << 24, "a stream's cell has 24 bits")
        self.seed = seed
        self.purpose = purpose
        self.replication = replication
        self.cell = cell
    }

    /// The seed as Philox takes it.
    public var key: SIMD2<UInt32> {
        SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    }

    /// The counter's last word, which the purpose and the cell share.
    public var place: UInt32 { UInt32(purpose.rawValue) << 24 | cell }

    /// Returns the four Philox words at one position of one task, both counted from the first.
    public func words(task: Int, position: Int) -> SIMD4<UInt32> {
        Philox.words(
            counter: SIMD4(
                firstPosition &+ UInt32(truncatingIfNeeded: position), firstTask &+ UInt32(truncatingIfNeeded: task),
                replication, place),
            key: key)
    }
}
