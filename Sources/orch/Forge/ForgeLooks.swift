internal import Engine
internal import Forge
internal import Workflow

extension PullRequestLook {
  /// What the engine needs of it; heads aside, which come from git.
  ///
  /// `weightless` are approvals that count for nothing, by their numbers.
  func part(of item: WatchedPullRequest, weightless: Set<Int> = []) -> PlaceLook {
    var part = PlaceLook()
    switch pullRequest.state {
    case .open: part.state = .open
    case .closed: part.state = .closed
    case .merged: part.state = .merged(as: mergedAs ?? item.baseHead ?? pullRequest.head)
    }
    if let contained = item.contained, pullRequest.head == item.branchHead {
      // Checks say something of the head on the base that it contains, and of no newer one.
      let pair = CommitPair(head: pullRequest.head, base: contained)
      part.checks = checks.map { check in
        CheckLook(
          name: check.name, state: check.state, run: check.runName, pair: pair,
          isRequired: check.isRequired)
      }
    }
    readReviews(into: &part, weightless: weightless)
    part.isCut = hasUnread
    part.isDraft = pullRequest.isDraft
    part.isLocked = isLocked
    part.baseBranch = pullRequest.baseBranch
    part.updatedAt = pullRequest.updatedAt
    part.labels = Set(pullRequest.labels)
    part.isQueued = isQueued
    switch mergeability {
    case .clean, .unstable, .hasHooks, .behind, .conflicting, .draft: part.mergeability = .clean
    case .blocked:
      // Of all rules, GitHub says of this one alone that it is the one.
      let asksForReview = decision == .reviewRequired || decision == .changesRequested
      part.mergeability = asksForReview ? .unreviewed : .blocked
    case .unknown: part.mergeability = .unknown
    }
    if isQueued { part.mergeability = .unknown }
    return part
  }

  /// The words of those who belong; what orch wrote itself is in the state already.
  private func readReviews(into part: inout PlaceLook, weightless: Set<Int>) {
    // A reviewing agent's verdict is a person's to dismiss; its name is in the key of what orch posted.
    for review in reviews where review.state == .dismissed {
      guard let key = review.ownKey, key.hasPrefix("review/") else { continue }
      part.dismissed.insert(String(key.dropFirst("review/".count)))
    }
    var marked: [String: Set<String>] = [:]
    var objections: [String: Set<String>] = [:]
    for review in reviews where review.by.association.belongs && review.ownKey == nil {
      if review.state == .dismissed { part.dismissed.insert("\(review.id)") }
      let word = review.verdict(hasThread: hasThread(of: review.by.author))
      guard let verdict = word.flatMap(Workflow.Review.Verdict.init(rawValue:)) else { continue }
      if review.isMarkedByAnother {
        guard verdict == .changesRequested else {
          // Another machine's agent is content with what it objected to.
          if verdict == .approved {
            part.dismissed.formUnion(marked[review.by.author] ?? [])
          }
          continue
        }
        marked[review.by.author, default: []].insert("\(review.id)")
      }
      if verdict == .changesRequested {
        objections[review.by.author, default: []].insert("\(review.id)")
      } else if weightless.contains(review.id) {
        // Whoever may not merge takes back what they objected to, and no more.
        part.dismissed.formUnion(objections[review.by.author] ?? [])
        continue
      }
      part.reviews.append(
        Workflow.Review(
          id: "\(review.id)", reviewer: review.by.author, verdict: verdict,
          head: review.commit ?? ""))
    }
  }

  private func hasThread(of author: String) -> Bool {
    threads.contains { thread in
      !thread.isResolved
        && thread.comments.contains {
          $0.by.author == author && $0.ownKey == nil && !CommentOrders.isOnlyOrders($0.body)
        }
    }
  }

  /// What people wrote that is not settled, oldest first: reviews' texts and open threads.
  var remarks: [ReviewRemark] {
    let texts = reviews.filter { $0.ownKey == nil && !$0.body.isEmpty }.map { review in
      ReviewRemark(
        name: review.remarkName, author: review.by.author,
        association: review.by.association.rawValue.lowercased(), text: review.body)
    }
    let open = threads.filter { !$0.isResolved }.flatMap { thread in
      thread.comments.filter { !$0.isHidden }.map { comment in
        ReviewRemark(
          name: comment.remarkName, author: comment.by.author,
          association: comment.by.association.rawValue.lowercased(),
          place: thread.path + (thread.line.map { ":\($0)" } ?? ""), text: comment.body)
      }
    }
    return texts + open
  }
}

extension Check {
  /// How far it is, in the workflow's words.
  var state: CheckLook.State {
    guard let conclusion else { return .pending }
    return conclusion.isPassing ? .passed : .failed
  }

  /// The run's name: a re-run has another number, or another time.
  var runName: String { "\(runID ?? 0)-\(startedAt ?? 0)" }
}

extension PullRequestLook {
  /// What is to be known of it before it is watched; `repository` is `owner/name` of where it is.
  func found(in repository: String) -> FoundPullRequest {
    var found = FoundPullRequest(
      id: "#\(pullRequest.number)", title: pullRequest.title, branch: pullRequest.headBranch)
    found.url = pullRequest.url
    found.author = pullRequest.author
    found.text = pullRequest.body
    found.base = pullRequest.baseBranch
    found.updatedAt = pullRequest.updatedAt
    found.obstacle = obstacle(in: repository)
    // Whoever pushed after a remark has read it; what is objected to stands until it is answered.
    found.oldRemarks = reviews.filter {
      $0.state == .commented && $0.commit != pullRequest.head
    }.map { "\($0.id)" }
    return found
  }

  private func obstacle(in repository: String) -> String? {
    switch pullRequest.state {
    case .merged: return "pull request #\(pullRequest.number) is merged"
    case .closed: return "pull request #\(pullRequest.number) is closed"
    case .open: break
    }
    guard let head = pullRequest.headRepository else {
      return "the repository that it comes from is gone"
    }
    guard head.lowercased() != repository.lowercased() else { return nil }
    return "it comes from a fork (\(head)), to which orch pushes nothing"
  }
}
