extension PromptInput {
  /// What is asked for.
  public struct Task: Sendable, Equatable {
    /// One line.
    public var title: String
    /// In full.
    public var body: String
    /// The specification, if there is one.
    public var spec: String?
    /// The labels.
    public var labels: [String]
    /// The linked issue's number.
    public var issue: Int?
    /// Whether title and body come from a person or machine that may give orders here.
    public var isTrusted: Bool

    /// A task; trusted unless it is said otherwise.
    public init(
      title: String, body: String = "", spec: String? = nil, labels: [String] = [],
      issue: Int? = nil, isTrusted: Bool = true
    ) {
      self.title = title
      self.body = body
      self.spec = spec
      self.labels = labels
      self.issue = issue
      self.isTrusted = isTrusted
    }
  }

  /// A comment on the linked issue; always data.
  public struct Comment: Sendable, Equatable {
    /// Who wrote it.
    public var author: String
    /// What the forge says that they are to the repository: "owner", "contributor", "none".
    public var association: String?
    /// The text.
    public var text: String

    /// A comment.
    public init(author: String, association: String? = nil, text: String) {
      self.author = author
      self.association = association
      self.text = text
    }
  }

  /// A message to the worker.
  public struct Message: Sendable, Equatable {
    /// Its file in the inbox: `0003.md`.
    public var name: String
    /// Who sent it.
    public var sender: String
    /// The text.
    public var text: String
    /// Whether the sender may give orders here.
    public var isTrusted: Bool

    /// A message.
    public init(name: String, sender: String, text: String, isTrusted: Bool) {
      self.name = name
      self.sender = sender
      self.text = text
      self.isTrusted = isTrusted
    }
  }

  /// What an earlier attempt reported.
  public struct AttemptReport: Sendable, Equatable {
    /// The attempt's number.
    public var number: Int
    /// The agent that made it.
    public var agent: String
    /// The report.
    public var text: String

    /// A report.
    public init(number: Int, agent: String, text: String) {
      self.number = number
      self.agent = agent
      self.text = text
    }
  }
}
