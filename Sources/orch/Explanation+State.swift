internal import Git2
internal import GitState

/// What the state and its objects report.
extension Explanation {
  static func state(_ error: StateError) -> Report {
    switch error {
    case .cannotOpen(let error): open(error)
    case .notInitialised(let repository) where CallingWorker(commonDirectory: repository) != nil:
      Report(
        "a worker sees nothing of orch's tasks and lessons here",
        causes: ["walls stand around it, and a git directory of its own is within them"],
        hints: [
          "ask, and say what is to be known: orch ask \"…\", orch checkpoint \"…\"",
          "name what others are to do in the result, as 'delegations'",
        ])
    case .notInitialised(let repository):
      Report(
        "this repository has no orch state yet", causes: ["'\(repository)' has no refs/orch/state"],
        hints: ["run 'orch init'"])
    case .newerFormat(let found, let known):
      Report(
        "the state was written by a newer orch",
        causes: ["it asks for format \(found), this orch knows \(known)"],
        hints: ["update orch; until then, reading works and writing does not"])
    case .eventTooLong(let kind, let bytes, let limit):
      Report(
        "the event '\(kind)' is too long", causes: ["\(bytes) bytes, at most \(limit) are kept"])
    case .fileTooLarge(let name, let bytes, let limit):
      Report(
        "the file '\(name)' is too large", causes: ["\(bytes) bytes, at most \(limit) are kept"])
    case .busy(let tries):
      Report(
        "the state is busy", causes: ["other writers were first \(tries) times"],
        hints: [
          "try again", "if no git or orch command is running, remove '.git/refs/orch/state.lock'",
        ], code: .busy)
    case .locked(let path): Report("'\(path)' is locked", hints: ["try again"], code: .busy)
    case .damaged(let error):
      Report("the state is damaged", causes: [error.description], hints: ["run 'orch doctor'"])
    case .git(let error): git(error)
    case .writing(let error): writing(error)
    case .file(let path, let operation, let number):
      Report("could not \(operation) '\(path)'", causes: [Errno.text(number)])
    case .noSuchRecord(let name):
      Report("there is no task '\(name)'", hints: ["run 'orch task list' to see them"])
    case .ambiguousRecord(let name, let candidates):
      Report(
        "'\(name)' is the beginning of several names", causes: candidates, hints: ["type more"])
    case .refused(let refusal): self.refusal(refusal)
    }
  }

  private static func refusal(_ refusal: Refusal) -> Report {
    let cause: String
    var hints = ["ours is as it was; look at the other side with 'git log'"]
    switch refusal {
    case .tooManyObjects(let limit): cause = "it has more than \(limit) new objects"
    case .tooManyBytes(let limit): cause = "its new objects have more than \(limit) bytes"
    case .tooManyPaths(let limit): cause = "it differs from ours in more than \(limit) paths"
    case .notAState(let reason): cause = "it is no state of orch: \(reason)"
    case .differentEpoch(let ours, let theirs):
      cause = "it was compacted \(theirs) times, ours \(ours) times"
    }
    switch refusal {
    case .tooManyObjects, .tooManyBytes, .tooManyPaths:
      hints.append("run 'orch sync --all' if you want all of it")
    case .notAState:
      hints.append("to put ours in its place for all: git push --force REMOTE refs/orch/state")
    case .differentEpoch: break
    }
    return Report(
      "the fetched state was not joined", causes: [cause],
      hints: hints)
  }

  static func writing(_ error: PackError) -> Report {
    switch error {
    case .file(let path, let operation, let number):
      Report(
        "the state could not be written",
        causes: ["could not \(operation) '\(path)': \(Errno.text(number))"],
        hints: ["nothing was changed; free space or fix permissions, then try again"])
    case .compression(let error):
      Report("the state could not be written", causes: [error.description])
    }
  }

  static func git(_ error: GitError) -> Report {
    switch error.code {
    // What libgit2 says where an object is lost or cannot be read.
    case .notFound, .other(-1):
      Report(error.description, hints: ["run 'orch doctor': it finds objects that a disk has lost"])
    default: Report(error.description)
    }
  }
}
