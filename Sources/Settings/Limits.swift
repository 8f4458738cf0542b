/// The bounds of what is read.
enum Limits {
  /// The largest configuration file, in bytes.
  static let fileBytes = 1 << 20
  /// The most values in one file, after aliases are followed.
  static let values = 20_000
  /// The deepest nesting, in levels.
  static let depth = 32
  /// The most problems that are reported at once.
  static let problems = 100
  /// The longest text of one value, in bytes.
  static let textBytes = 64 << 10
  /// Stands for "no upper bound" in a range: a billion.
  static let unbounded = 1_000_000_000
  /// The longest time that can be asked for: thirty days, in seconds.
  static let seconds = 30 * 24 * 3600
}
