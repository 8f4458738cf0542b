internal import GitCLI
internal import GitState
internal import Workflow

extension Orchestrator {
  /// How often an effect is tried before the task is given to a person.
  static let maximumEffectTries = 6
  /// How long a transfer may fail each time although the remote answers, before the task is given to a person, in
  /// milliseconds: on a bad line six tries in a row fail by chance.
  static let longestDoubt = 120_000
  /// How long looks may fail of what does not seem to pass by itself, before a run with an end ends, in milliseconds.
  ///
  /// On a line that drops one call of eight, one may fail and the question whether the remote is there succeed: that
  /// several do in a row happens as well, and not for so long.
  static let longestBlindness = 30_000

  /// What an error means for what follows.
  private enum Fault {
    /// It passes; `isOutage` if the remote cannot be reached.
    case passing(isOutage: Bool)
    /// It may be a coincidence.
    case unclear
    /// A transfer failed, and the remote answers: the line may be bad.
    case doubtful
    /// It stays until a person does something about the task or the configuration.
    case lasting
    /// Nothing can be recorded any more.
    case final
  }

  /// An effect failed: it is tried again, or a person is asked.
  func fail(_ effect: Effect, title: String, _ error: any Error) async {
    if FailureText.isOfFullDisk(error) { return wait(with: effect, untilRoomAfter: error) }
    let fault = await fault(error)
    running.remove(effect)
    watch.forget()
    await runner.removeStaleLocks()
    if FailureText.isOfMissingObject(error) { try? await runner.bringMissing(of: effect.task) }
    let now = options.clock()
    switch fault {
    case .passing(let isOutage):
      if isOutage, failures.outage == nil {
        report(.remoteUnreachable(error))
        failures.outage = .init(since: now, error: error)
      } else if !isOutage, !(error is ClaimError) || failures.count(after: effect) == 1 {
        // That others hear nothing of this machine, or it of them, is said once.
        report(.failed(effect, title: title, error: error))
      }
      failures.retry(effect, at: now, duringOutage: isOutage, after: error as? ClaimError)
    case .final:
      failures.end = error
    case .unclear where failures.count(after: effect) < Self.maximumEffectTries,
      .lasting where effect.isRecording, .unclear where effect.isRecording,
      .doubtful where effect.isRecording:
      report(.failed(effect, title: title, error: error))
      failures.retry(effect, at: now, duringOutage: false)
    case .doubtful where failures.count(after: effect) < Self.maximumEffectTries,
      .doubtful where failures.duration(of: effect, at: now) < Self.longestDoubt:
      report(.failed(effect, title: title, error: error))
      failures.retry(effect, at: now, duringOutage: true)
    case .unclear, .doubtful, .lasting:
      report(.failed(effect, title: title, error: error))
      failures.giveUp(effect)
      await giveUp(effect, "could not \(effect.step): \(FailureText.sentence(error))")
    }
    wake.yield()
  }

  /// The disk is full, for this effect and most others: nobody's task is at fault, and nothing can be recorded of it.
  private func wait(with effect: Effect, untilRoomAfter error: any Error) {
    let now = options.clock()
    running.remove(effect)
    report(.diskFull(error))
    if failures.full == nil { failures.full = .init(since: now, error: error) }
    failures.retry(effect, at: now, duringOutage: false)
    wake.yield()
  }

  /// Why a look saw nothing; it may have to be asked whether the remote is there at all.
  func blindness(_ error: any Error) async -> Blindness {
    let isOfAccount = (error as? any PassingError)?.isOfAccount == true
    guard !isOfAccount, case .passing = await fault(error) else {
      return Blindness(cause: error, passes: false)
    }
    return Blindness(cause: error, passes: true)
  }

  /// Nothing could be seen: a run with an end waits for what passes as for any outage, and for nothing else.
  func lookFailed(_ error: any Error, at now: Int) {
    let cause = (error as? Blindness)?.cause ?? error
    let passes = (error as? Blindness)?.passes == true
    if !passes, failures.blindSince == nil { failures.blindSince = now }
    if let since = failures.blindSince, !passes, now - since >= Self.longestBlindness {
      failures.outage = .init(since: 0, error: cause)
    } else if failures.outage == nil {
      failures.outage = .init(since: now, error: cause)
    }
    report(.remoteUnreachable(cause))
  }

  /// The remote is there.
  func remoteAnswered() {
    failures.blindSince = nil
    guard failures.outage != nil else { return }
    failures.outage = nil
    report(.remoteReached)
  }

  /// Leaves what could not be done to a person.
  private func giveUp(_ effect: Effect, _ reason: String) async {
    switch effect {
    case .supervise(let task, let token):
      // An attempt that nobody sees to its end must have one.
      if (try? await runner.recordLoss(of: task, token, reason)) == true { return }
      try? await runner.askPerson(task, reason)
    case .publish(let task, let token):
      try? await runner.askPerson(task, reason, unpublished: token)
    case .cleanUp(let task):
      // The task is over: nobody has to answer. Each run tries again when it begins.
      try? await runner.recordCleanUp(of: task, stays: true, because: reason)
    case .pullRequest(let task, .askPerson(let question)):
      // What the place does not take is not asked there again.
      try? await runner.askPerson(task, "\(question.text) (\(reason))", isKnown: true)
    default: try? await runner.askPerson(effect.task, reason)
    }
  }

  private func fault(_ error: any Error) async -> Fault {
    switch error {
    case let error as StateError:
      switch error {
      case .newerFormat, .notInitialised: return .final
      default: return .unclear
      }
    case let error as EngineError:
      switch error {
      case .noRemote, .noDefaultBranch, .noSuchBase, .noSuchIssue: return .lasting
      case .alreadyRunning, .branchMoved, .renamed, .waitsForRemote: return .unclear
      }
    case is ClaimError: return .passing(isOutage: false)
    case let error as any PassingError:
      return error.passes || error.isOfAccount ? .passing(isOutage: true) : .unclear
    case GitCommandError.timedOut: return .passing(isOutage: true)
    case GitCommandError.failed(let command, exitCode: 128, _):
      guard await runner.isRemoteThere() else { return .passing(isOutage: true) }
      let isTransfer = ["git fetch", "git push", "git ls-remote"].contains(where: command.hasPrefix)
      return isTransfer ? .doubtful : .unclear
    default: return .unclear
    }
  }
}
