/// How much of a fetched state is let in at once.
public struct ValidationLimits: Sendable, Hashable {
  /// New objects of one commit of the history.
  public var objects = 20_000
  /// Their bytes, unpacked.
  public var bytes = 50 << 20
  /// New objects of the whole history: what a machine catches up with that was off for long.
  public var objectsInAll = 2_000_000
  /// Their bytes, unpacked.
  public var bytesInAll = 4 << 30
  /// Paths that differ from ours.
  public var paths = 200_000
  /// Paths that differ from ours in one record's folder, or in one folder that is not known.
  public var pathsPerRecord = 4_000
  /// Entries of one folder.
  public var folderEntries = 1_000
  /// Names from the top to a file.
  public var depth = 7
  /// Bytes of one file.
  public var fileBytes = StateReader.maximumFileBytes
  /// Bytes of one line of a log.
  public var lineBytes = Event.maximumBytes
  /// How far after our clock a line may be dated, in milliseconds.
  public var futureMilliseconds = 365 * 24 * 60 * 60 * 1000
  /// How far after our clock a line is dated before it is reported, in milliseconds.
  public var skewMilliseconds = 10 * 60 * 1000

  /// For joining what a remote has.
  public static let sync = ValidationLimits()

  /// For taking over a whole state, at the first contact or because a person asked for it.
  public static var adoption: ValidationLimits {
    var limits = ValidationLimits()
    limits.objects = 10_000_000
    limits.bytes = 8 << 30
    limits.objectsInAll = limits.objects
    limits.bytesInAll = limits.bytes
    limits.paths = 10_000_000
    return limits
  }

  /// The largest folder that is read at all, in bytes.
  var treeBytes: Int { folderEntries * (StateName.maximumBytes + 28) }
}
