internal import Forge

/// Answers to what reviewers wrote and a worker has read; nothing else is answered.
///
/// Every step looks first whether it was done, so that all of them may be repeated after a fault or a crash.
struct ReviewAnswers: Sendable {
  /// The pull request as it is now.
  let look: PullRequestLook
  /// The names of the remarks that the worker was shown.
  let shown: Set<String>
  /// What is answered.
  let text: String

  /// The key's beginning of answers.
  static let key = "answer/"

  /// Answers and resolves threads, answers reviews without one, and asks objectors for another look.
  func post(on forge: any Forge) async throws(ForgeError) {
    for thread in look.threads where !thread.isResolved {
      guard let last = thread.comments.last, let asked = answered(by: last) else { continue }
      if asked == last.remarkName {
        _ = try await forge.reply(KeyedText(text, key: Self.key + asked), to: thread.id, of: number)
      }
      try await forge.setResolved(true, thread: thread.id)
    }
    let authors = Set(
      look.threads.flatMap(\.comments).filter { shown.contains($0.remarkName) }.map(\.by.author))
    for review in look.reviews where shown.contains(review.remarkName) {
      if !authors.contains(review.by.author) {
        let words = "@\(review.by.author) " + text
        let answer = KeyedText(words, key: Self.key + review.remarkName)
        _ = try await forge.putComment(answer, on: number)
      }
    }
    for author in objectors { try await forge.askForReview(of: number, by: author) }
  }

  private var number: Int { look.pullRequest.number }

  /// The remark that is answered where a thread ends so: its last one if the worker was shown it, or the one
  /// that orch answered before it could resolve the thread; nil if something was said since.
  private func answered(by last: Comment) -> String? {
    let key = last.ownKey ?? ""
    let asked = key.hasPrefix(Self.key) ? String(key.dropFirst(Self.key.count)) : last.remarkName
    return shown.contains(asked) ? asked : nil
  }

  /// Who asked for changes, was answered, and has said nothing since.
  private var objectors: [String] {
    var newest: [String: Review] = [:]
    for review in look.reviews where review.state == .approved || review.state == .changesRequested
    {
      newest[review.by.author] = review
    }
    let comments = look.threads.flatMap(\.comments).filter { shown.contains($0.remarkName) }
    let spoken: Set<String> = Set(comments.map(\.by.author))
    let answered = newest.values.filter { (review: Review) -> Bool in
      guard review.state == .changesRequested, review.ownKey == nil else { return false }
      return shown.contains(review.remarkName) || spoken.contains(review.by.author)
    }
    return answered.map(\.by.author).sorted()
  }
}
