extension PromptInput {
  /// The task that this one is a part of, and the other parts.
  public struct Parent: Sendable, Equatable {
    /// The parent's id.
    public var id: String
    /// Its title.
    public var title: String
    /// What it reported.
    public var summary: String
    /// What it finished.
    public var accomplished: [String]
    /// The other parts.
    public var siblings: [Sibling]

    /// A parent.
    public init(
      id: String, title: String, summary: String = "", accomplished: [String] = [],
      siblings: [Sibling] = []
    ) {
      self.id = id
      self.title = title
      self.summary = summary
      self.accomplished = accomplished
      self.siblings = siblings
    }
  }

  /// Another part of the same parent.
  public struct Sibling: Sendable, Equatable {
    /// Its id.
    public var id: String
    /// Its title.
    public var title: String
    /// Where it stands, in words.
    public var status: String

    /// A sibling.
    public init(id: String, title: String, status: String) {
      self.id = id
      self.title = title
      self.status = status
    }
  }

  /// What became of a part.
  public struct Child: Sendable, Equatable {
    /// Its id.
    public var id: String
    /// Its title.
    public var title: String
    /// Where it stands, in words.
    public var status: String
    /// What it reported.
    public var summary: String
    /// What it finished.
    public var accomplished: [String]
    /// What it left.
    public var remaining: [String]
    /// The files that it changed.
    public var filesChanged: [String]

    /// A part's result.
    public init(
      id: String, title: String, status: String, summary: String = "",
      accomplished: [String] = [], remaining: [String] = [], filesChanged: [String] = []
    ) {
      self.id = id
      self.title = title
      self.status = status
      self.summary = summary
      self.accomplished = accomplished
      self.remaining = remaining
      self.filesChanged = filesChanged
    }
  }

  /// Another running task that changes the same files.
  public struct Neighbour: Sendable, Equatable {
    /// Its id.
    public var id: String
    /// Its title.
    public var title: String
    /// The files that both may change.
    public var files: [String]

    /// A neighbour.
    public init(id: String, title: String, files: [String]) {
      self.id = id
      self.title = title
      self.files = files
    }
  }
}
