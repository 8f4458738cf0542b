/// What a writer wants to happen to one record: one event, and what the commit says of it.
public struct Change: Sendable {
  /// The record; it comes into being with its first event.
  public var key: RecordKey
  /// The event.
  public var event: EventDraft
  /// What the commit says; nil for progress, which shares a commit with whatever comes next.
  public var note: CommitNote?
  /// Write-once files for the record's folder, by path below it: `["spec", "17-host.md"]`.
  public var files: [File]

  /// A file that is written once and never changed.
  public struct File: Sendable, Hashable {
    /// The path below the record's folder.
    public let path: [String]
    /// The content; at most `StateReader.maximumFileBytes`.
    public let bytes: [UInt8]

    /// Both parts.
    public init(path: [String], bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }
  }

  /// All parts.
  public init(key: RecordKey, event: EventDraft, note: CommitNote?, files: [File] = []) {
    self.key = key
    self.event = event
    self.note = note
    self.files = files
  }
}

/// A decision on changes, made from the newest records while no other writer can come between.
public struct Decision: Sendable {
  /// The records that it looks at.
  public let keys: [RecordKey]
  /// Decides; called again if another program moved the state first.
  ///
  /// Records that do not exist are missing from the argument. Throwing leaves the state as it is and
  /// gives the error to whoever asked.
  public let decide: @Sendable (_ records: [RecordKey: Record]) throws -> [Change]

  /// Both parts.
  public init(
    reading keys: [RecordKey],
    _ decide: @escaping @Sendable (_ records: [RecordKey: Record]) throws -> [Change]
  ) {
    self.keys = keys
    self.decide = decide
  }
}

/// What became of a decision.
public struct Outcome: Sendable {
  /// The newest commit.
  public let tip: String
  /// The records that were changed, as they are now.
  public let records: [RecordKey: Record]
}
