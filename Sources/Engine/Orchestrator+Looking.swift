internal import Workflow

/// What a desk heard.
struct Heard: Sendable {
  let survey: IssueSurvey
  let desk: any IssueDesk
}

/// What was seen of pull requests, and what was known when the look began.
struct Seen: Sendable {
  let looks: [String: Look]
  let begun: WatchMemory.Beginning
}

/// Why a look saw nothing.
struct Blindness: Error {
  let cause: any Error
  /// True if nobody has to do anything about it.
  let passes: Bool
}

extension Orchestrator {
  /// True while something is asked at the remote whose answer no turn has taken.
  var isAsking: Bool { hearing.isOpen || looking.isOpen }

  /// Takes what has arrived since the last turn, and asks again where it is time; true if there are new looks.
  ///
  /// A run that begins things only once waits for the answers: nobody takes them later.
  func ask(_ mode: RunMode, scope: Set<String>?) async throws -> Bool {
    await takeHeard()
    var isNew = takeSeen()
    beginToHear(scope: scope)
    try await beginToLook(scope: scope)
    guard mode == .once else { return isNew }
    await awaitAnswers()
    await takeHeard()
    if takeSeen() { isNew = true }
    return isNew
  }

  /// Looks once, and waits for what is seen; false if there was nothing to look at.
  func lookOnce(scope: Set<String>?) async throws -> Bool {
    try await beginToLook(scope: scope)
    await looking.end?.value
    return takeSeen()
  }

  /// Something happened at the forge, whatever it is: pull requests, checks and issues are looked at now.
  public func hearNews() async {
    watch.forget()
    heardAt = nil
    hearsAgain = hearing.isOpen
    await options.place?.expectNews()
    wake.yield()
  }

  /// Nobody waits for an answer any more.
  func stopAsking() {
    hearing.end?.cancel()
    looking.end?.cancel()
  }

  /// Returns when nothing is asked any more.
  func awaitAnswers() async {
    await hearing.end?.value
    await looking.end?.value
  }

  /// Asks what people want at the forge, if the last time is long enough ago.
  private func beginToHear(scope: Set<String>?) {
    let now = options.clock()
    guard let desk = options.desk, scope == nil, !isStopping, !hearing.isOpen,
      heardAt.map({ now - $0 >= options.lookSeconds * 1000 }) ?? true
    else { return }
    hearing.begin(
      Task { [tasks] in
        let answer: Result<Heard, any Error>
        do {
          let views = try await tasks.all().values
          answer = .success(Heard(survey: try await desk.survey(of: IssueLinks(views)), desk: desk))
        } catch {
          answer = .failure(error)
        }
        hearing.arrive(answer)
        wake.yield()
      })
  }

  /// Records what people asked for at the forge, if that has arrived.
  private func takeHeard() async {
    guard let answer = hearing.take() else { return }
    heardAt = hearsAgain ? nil : options.clock()
    hearsAgain = false
    do {
      let heard = try answer.get()
      try await runner.hear(heard.survey, at: heard.desk)
      if failures.outage == nil { report(.remoteReached) }
    } catch {
      report(.remoteUnreachable(error))
    }
  }

  /// Looks at the pull requests, if one was never looked at or has changed, or if the last look is old.
  private func beginToLook(scope: Set<String>?) async throws {
    guard !looking.isOpen else { return }
    let busy = Set(running.filter(\.occupiesPullRequest).map(\.task))
    let watched = try await tasks.all().values.filter { task in
      task.isWatched && !busy.contains(task.id) && scope?.contains(task.id) != false
    }
    let period = options.lookSeconds * 1000
    guard !looking.isOpen, watch.isDue(watched, at: options.clock(), every: period) else { return }
    let begun = watch.begin(watched)
    looking.begin(
      Task { [runner] in
        let answer: Result<Seen, any Error>
        do {
          answer = .success(Seen(looks: try await runner.survey(watched), begun: begun))
        } catch {
          answer = .failure(await blindness(error))
        }
        looking.arrive(answer)
        wake.yield()
      })
  }

  /// Takes over what a look saw, if it has ended; true if it has.
  private func takeSeen() -> Bool {
    guard let answer = looking.take() else { return false }
    let now = options.clock()
    switch answer {
    case .success(let seen):
      watch.end(seen.looks, seen.begun, at: now)
      remoteAnswered()
    case .failure(let error):
      watch.fail(at: now - max(0, options.lookSeconds - Self.lookAgainSeconds) * 1000)
      lookFailed(error, at: now)
    }
    return true
  }
}
