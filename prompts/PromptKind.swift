/// What a worker is started for; the words are those of task kinds and of attempts' purposes.
public enum PromptKind: String, Sendable, CaseIterable {
  /// Change the code.
  case implement
  /// Explore, specify, divide.
  case spec
  /// Judge another's change.
  case review
  /// Settle a conflict with the base.
  case rebase
  /// Make a failing check pass.
  case repair
  /// Answer what reviewers wrote.
  case answer
  /// Find out why attempts failed.
  case retrospective
  /// Work made by a schedule.
  case job

  /// The template with its instructions.
  var template: PromptTemplates.Name {
    switch self {
    case .implement, .job: .implement
    case .spec: .spec
    case .review: .review
    case .rebase: .rebase
    case .repair: .repair
    case .answer: .answer
    case .retrospective: .retrospective
    }
  }
}
