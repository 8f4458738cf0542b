import Foundation
import Testing

/// A generator whose sequence is decided by its seed (SplitMix64), so that a failure can be repeated.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts the sequence of a seed.
  public init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// Where the sequences of property tests begin.
public enum TestSeed {
  /// The seed of the variable ORCH_SEED; a random one with ORCH_PROVE=1; else always the same.
  ///
  /// So a run that decides about a change finds what the change did, and exploring is done on purpose. One
  /// that is not the usual one is printed at once: a test that hangs or is killed says it too.
  public static func next() -> UInt64 {
    let environment = ProcessInfo.processInfo.environment
    let given = environment["ORCH_SEED"].flatMap { UInt64($0) }
    guard given != nil || environment["ORCH_PROVE"] == "1" else { return usual }
    let seed = given ?? UInt64.random(in: 0...UInt64(Int64.max))
    print("ORCH_SEED=\(seed) for \(Test.current?.name ?? "a test")")
    return seed
  }

  /// The seed of a run that explores nothing.
  private static let usual: UInt64 = 20_261_121

  /// This run's seed, and those that found a fault once.
  public static func next(and failedOnce: UInt64...) -> [UInt64] { [next()] + failedOnce }
}
