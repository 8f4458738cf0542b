/// Why an attempt may end otherwise than the one before it.
public enum RetryCause: String, Sendable, Hashable, CaseIterable {
  /// There was none before it.
  case first
  /// A person asked for it.
  case person
  /// The one before brought something: commits, a part of the work, children.
  case progress
  /// The one before was stopped with nothing wrong, or ended by a limit of its agent.
  case interruption
  /// It is for something else: a conflict or a failing check instead of the task itself.
  case purpose
  /// What the one before was begun under is not recorded.
  case unrecorded
  /// The prompt says something else.
  case prompt
  /// The worker has other programs or skills.
  case tools
  /// The base moved.
  case base
  /// The configuration is another.
  case configuration
  /// Another agent or model does it.
  case agent

  /// The cause for a person.
  public var words: String {
    switch self {
    case .first: "it is the first attempt"
    case .person: "a person asked for it"
    case .progress: "the attempt before it brought something"
    case .interruption: "the attempt before it was stopped with nothing wrong"
    case .purpose: "it is for something else"
    case .unrecorded: "it is not recorded what the attempt before it was begun under"
    case .prompt: "the prompt changed"
    case .tools: "the tools changed"
    case .base: "the base moved"
    case .configuration: "the configuration changed"
    case .agent: "another agent or model does it"
    }
  }
}
