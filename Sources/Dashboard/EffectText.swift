public import Workflow

extension Effect {
  /// What is to be done, for people: "start a worker", also behind "could not".
  public var words: String {
    switch self {
    case .adopt: "watch the pull request"
    case .route: "choose an agent"
    case .start(_, let purpose): purpose.startWords
    case .supervise: "see the worker to its end"
    case .publish: "push the branch and open a pull request"
    case .pullRequest(_, let effect): effect.words
    case .resumeReview: "go on with the pull request"
    case .report: "tell the issue where it stands"
    case .cleanUp: "remove the worktree and the branch"
    case .resume: "go on with what its parts brought"
    case .block: "record that it is blocked"
    case .askPerson: "ask a person"
    case .takeOver: "take over from another machine"
    }
  }
}

extension Effect {
  /// What a live line says until more is heard.
  var liveWords: String {
    if case .supervise = self { "at work" } else { words }
  }
}

extension AttemptPurpose {
  fileprivate var startWords: String {
    switch self {
    case .work: "start a worker"
    case .resume: "start a worker that goes on"
    case .rebase: "start a worker that settles the conflict"
    case .repair: "start a worker that repairs"
    }
  }
}

extension PullRequestEffect {
  /// What is to be done, for people.
  fileprivate var words: String {
    switch self {
    case .rebase: "bring the branch onto the base"
    case .settleConflict: "let a worker settle the conflict"
    case .runChecks: "run the checks"
    case .rerun: "run the failing checks once more"
    case .repair: "let a worker repair it"
    case .askReviewer: "ask the reviewing agent"
    case .merge: "merge"
    case .askPerson: "ask a person"
    }
  }
}
