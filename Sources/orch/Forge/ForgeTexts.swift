internal import Engine
internal import Workflow

/// What orch writes on a forge.
enum ForgeTexts {
  /// The label of what waits for a person.
  static let personLabel = "needs-review"
  /// The label of an issue whose task stands still.
  static let blockedLabel = "blocked"
  /// The most questions of a running worker that are shown.
  static let maximumQuestions = 3
  /// How much of a log's end is kept beside its beginning, in characters.
  static let keptEnd = 1500

  /// The login that an owner can be assigned by; nil for a team, which only can be tagged.
  static func assignable(_ owner: String?) -> String? {
    guard let login = owner?.drop(while: { $0 == "@" }), !login.isEmpty,
      login.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    else { return nil }
    return String(login)
  }

  /// The description of a pull request.
  static func body(of task: TaskView, _ summary: String, closesIssue: Bool = true) -> String {
    var parts = [harmless(summary.isEmpty ? task.body : summary)]
    if let issue = task.issue { parts.append((closesIssue ? "Closes" : "Part of") + " #\(issue)") }
    parts.append("Task `\(task.id.prefix(6))` of orch.")
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// What a failing job left: the worker's evidence.
  static func evidence(
    job: String?, step: String?, url: String?, details: String, log: String?
  ) -> String? {
    var lines: [String] = []
    if let job { lines.append("job: \(job)") }
    if let step { lines.append("step: \(step)") }
    if let url { lines.append("page: \(url)") }
    if !details.isEmpty { lines.append(String(details.prefix(keptEnd))) }
    if let log { lines.append(log) }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  /// The beginning of a log, where the first error is, and its end.
  static func cut(_ log: String, to most: Int) -> String {
    guard log.count > most else { return log }
    return log.prefix(most - keptEnd - 20) + "\n[… left out …]\n" + log.suffix(keptEnd)
  }

  /// A question to a person.
  static func question(_ text: String, of task: TaskView, owner: String?) -> String {
    let tag = owner.map { ($0.hasPrefix("@") ? $0 : "@" + $0) + " " } ?? ""
    let id = task.id.prefix(6)
    return """
      \(tag)**A person must decide:** \(harmless(oneLine(text)))

      Answer with `@orch TEXT`, push to the branch, write `/retry`, or run `orch task unblock \(id)` to let it go \
      on; `/cancel` or `orch task cancel \(id)` gives it up.
      """
  }

  /// Where a task stands, for its issue, or for the pull request of a person that it watches.
  static func status(_ task: TaskView, owner: String?) -> String {
    if task.watches != nil { return watchStatus(task) }
    var rows = [
      ["Status", task.status.words], ["Task", "`\(task.id.prefix(6))`"],
      ["Attempts", "\(task.attempts.count)"],
    ]
    if let agent = task.attempts.last?.agent ?? task.route?.executor {
      rows.append(["Agent", agent])
    }
    if let request = task.pullRequest {
      rows.append(["Pull request", "\(request.id), \(request.status.words)"])
    }
    let table = (["| | |", "| --- | --- |"] + rows.map { "| \($0[0]) | \($0[1]) |" })
      .joined(separator: "\n")
    var parts = ["**orch** works on this.", table]
    switch task.status {
    case .blocked, .needsReview:
      let tag = owner.map { ($0.hasPrefix("@") ? $0 : "@" + $0) + " " } ?? ""
      parts[0] = "\(tag)**orch** waits for a person."
      parts.append(quoted(task.reason ?? ""))
      parts.append(
        "`@orch TEXT` answers and lets it go on, as `/retry` does without a word; `/cancel` gives it up."
      )
    case .done:
      parts[0] = "**orch** is done with this."
      if task.hasIssueLeft { parts.append(quoted(task.reason ?? "")) }
    case .cancelled:
      parts[0] = "**orch** was told to stop."
      parts.append(quoted(task.reason ?? ""))
      parts.append("`/retry` begins it anew.")
    case .inProgress where !task.openQuestions.isEmpty:
      let tag = owner.map { ($0.hasPrefix("@") ? $0 : "@" + $0) + " " } ?? ""
      parts[0] = "\(tag)**orch** works on this, and its worker asks:"
      parts += task.openQuestions.prefix(maximumQuestions).map { quoted($0.text) }
      parts.append("`@orch TEXT` answers the first of them.")
    case .new, .routed, .inProgress, .inReview: break
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// Where the watch of a person's pull request stands.
  private static func watchStatus(_ task: TaskView) -> String {
    let id = task.id.prefix(6)
    switch task.status {
    case .done: return "**orch** has watched this to its merge."
    case .cancelled:
      return [
        "**orch** does not watch this pull request.", quoted(task.reason ?? ""),
        "`orch pr watch \(task.watchedNumber ?? 0)` or the label, put on anew, has it watched.",
      ].filter { !$0.isEmpty }.joined(separator: "\n\n")
    case .new, .routed, .inProgress, .inReview, .blocked, .needsReview:
      let rows = [
        ["Status", task.status.words], ["Task", "`\(id)`"], ["Attempts", "\(task.attempts.count)"],
      ]
      let table = (["| | |", "| --- | --- |"] + rows.map { "| \($0[0]) | \($0[1]) |" })
        .joined(separator: "\n")
      return [
        "**orch** watches this pull request.", table,
        task.status == .inReview ? "" : quoted(task.reason ?? ""),
        "It brings the branch `\(harmless(task.remoteBranch))` onto its base by a force push with a lease: "
          + "`git pull --rebase` before you push. `/cancel`, or taking the label away, ends it.",
      ].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
  }

  /// Words of others as a quote: nothing in it is an order, or addresses anybody.
  static func quoted(_ text: String) -> String {
    text.split(separator: "\n").prefix(20).map { "> " + harmless(String($0.prefix(300))) }
      .joined(separator: "\n")
  }

  /// Words of others among orch's own: they address nobody, and close no issue.
  ///
  /// Agents repeat what they read. A forge acts on `@name` and on `Closes #1` whoever wrote them, so a sign
  /// without width stands behind each `@`, and behind each such verb.
  static func harmless(_ text: String) -> String { tamed(text) { _, _ in true } }

  /// The message of a worker's commit: it addresses nobody, and closes no issue.
  ///
  /// Only what GitHub obeys is changed: addresses of mail stay, and `fix: handle nil` too.
  static func harmless(commit message: String) -> String {
    tamed(message) { before, after in
      guard before.last == "@" else { return namesIssue(after) }
      let isAddress = before.dropLast().last.map(isNameScalar) ?? false
      return !isAddress && (after.first.map(isNameScalar) ?? false)
    }
  }

  /// A text with a sign without width behind `@` and closing verbs, where `isObeyed` says so of what stands
  /// before the sign and behind it.
  private static func tamed(
    _ text: String,
    where isObeyed: (ArraySlice<Unicode.Scalar>, ArraySlice<Unicode.Scalar>) -> Bool
  ) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    var word = String.UnicodeScalarView()
    for index in 0...scalars.count {
      let scalar = index < scalars.count ? scalars[index] : nil
      if let scalar, scalar.properties.isAlphabetic {
        word.append(scalar)
      } else {
        if closingVerbs.contains(String(word).lowercased()),
          isObeyed(scalars[..<index], scalars[index...])
        {
          result.append(noWidth)
        }
        word = String.UnicodeScalarView()
      }
      guard let scalar else { break }
      result.append(scalar)
      if scalar == "@", isObeyed(scalars[...index], scalars[(index + 1)...]) {
        result.append(noWidth)
      }
    }
    return String(result)
  }

  /// True if what stands behind a closing verb names an issue: `#1`, `: acme/demo#1`, `GH-1`, an address.
  private static func namesIssue(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
    // It was tamed already.
    if rest.first == noWidth { return false }
    let named = rest.drop { $0 == ":" || $0.properties.isWhitespace }
      .prefix { !$0.properties.isWhitespace }
    var word = String.UnicodeScalarView()
    word.append(contentsOf: named)
    let text = String(word).lowercased()
    return named.contains("#") || text.hasPrefix("gh-") || text.contains("://")
  }

  /// True for what an account's name is made of.
  private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
      && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
  }

  /// Everything on one line: what begins a line may be an order.
  static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  private static let noWidth: Unicode.Scalar = "\u{200B}"
  /// What closes an issue that is named behind it, in descriptions and commits.
  private static let closingVerbs: Set<String> = [
    "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
  ]

  /// The answer to a reviewer.
  static func answer(head: String, summary: String) -> String {
    let what = summary.isEmpty ? "" : ": \(harmless(summary))"
    return "Answered in \(head.prefix(12))\(what)"
  }
}
