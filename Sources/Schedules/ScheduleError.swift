/// Why a text is no schedule.
public enum ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
  /// It does not have five fields.
  case fieldCount(Int)
  /// A field cannot be read.
  case field(name: String, text: String, reason: String)
  /// It begins with `@` and is none of the known words.
  case unknownWord(String)
  /// No day that ever comes fits.
  case neverFires(String)
  /// It is longer than any schedule.
  case tooLong(limit: Int)

  /// A sentence for a person.
  public var description: String {
    switch self {
    case .fieldCount(let count):
      "it has \(count) fields and needs five: minute, hour, day of month, month, day of week"
    case .field(let name, let text, let reason): "the \(name) '\(text)' \(reason)"
    case .unknownWord(let word):
      "'\(word)' is none of \(CronSchedule.words.keys.sorted().joined(separator: ", "))"
    case .neverFires(let text): "'\(text)' never fires: no such day ever comes"
    case .tooLong(let limit): "it is longer than \(limit) bytes"
    }
  }
}
