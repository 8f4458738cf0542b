import Foundation

/// The bare repository behind a fake: what GitHub takes from git itself.
struct FakeRepository: Sendable {
  /// The folder that holds `owner/name.git`.
  let root: String
  /// The bare repository.
  let path: String
  /// What CI runs with `sh -c` in a checkout of a commit; nil if there is no CI.
  var ci: String?

  init(root: String, name: String) {
    self.root = root
    path = "\(root)/\(name).git"
  }

  struct Output {
    var status: Int32
    var bytes: [UInt8]
    var text: String {
      let text = String(decoding: bytes, as: UTF8.self)
      return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
  }

  /// Runs a program and waits for its end.
  static func run(
    _ arguments: [String], in folder: String, environment: [String: String] = [:],
    input: [UInt8] = [], mixesErrors: Bool = false
  ) -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var variables = ProcessInfo.processInfo.environment
    variables.merge([
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
      "GIT_AUTHOR_NAME": "forge", "GIT_AUTHOR_EMAIL": "forge@example.invalid",
      "GIT_COMMITTER_NAME": "forge", "GIT_COMMITTER_EMAIL": "forge@example.invalid",
    ]) { $1 }
    variables.merge(environment) { $1 }
    process.environment = variables
    let output = Pipe()
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try? Data(input).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    process.standardInput = FileHandle(forReadingAtPath: file.path)
    process.standardOutput = output
    process.standardError = mixesErrors ? output : FileHandle.nullDevice
    do { try process.run() } catch { return Output(status: 127, bytes: []) }
    let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
    while process.isRunning { _ = poll(nil, 0, 1) }
    process.waitUntilExit()
    return Output(status: process.terminationStatus, bytes: bytes)
  }

  @discardableResult
  func git(_ arguments: String...) -> Output {
    Self.run(["git", "-C", path] + arguments, in: root)
  }

  /// The heads of all branches.
  var branches: [String: String] {
    var result: [String: String] = [:]
    for line in git("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads").text
      .split(separator: "\n")
    {
      let parts = line.split(separator: " ", maxSplits: 1)
      if parts.count == 2 { result[String(parts[1])] = String(parts[0]) }
    }
    return result
  }

  func contains(_ commit: String, in head: String) -> Bool {
    git("merge-base", "--is-ancestor", commit, head).status == 0
  }

  /// The tree of a merge without conflicts; nil if there are some.
  func merge(_ base: String, _ head: String) -> String? {
    let merged = git("merge-tree", "--write-tree", base, head)
    return merged.status == 0 ? merged.text : nil
  }

  /// Merges a head into a branch; nil if it conflicts or the branch has moved.
  func merge(_ head: String, into branch: String, as method: String, title: String) -> String? {
    guard let base = branches[branch], let tree = merge(base, head) else { return nil }
    var commit = head
    if method == "rebase" {
      guard let last = replay(head, on: base) else { return nil }
      commit = last
    } else {
      let parents = method == "squash" ? ["-p", base] : ["-p", base, "-p", head]
      let arguments = ["commit-tree", tree] + parents + ["-m", title]
      commit = Self.run(["git", "-C", path] + arguments, in: root).text
    }
    let moved = git("update-ref", "refs/heads/\(branch)", commit, base)
    return moved.status == 0 ? commit : nil
  }

  /// Commits a head's commits anew on a base that it contains: GitHub does so even where nothing moves.
  private func replay(_ head: String, on base: String) -> String? {
    guard contains(base, in: head) else { return nil }
    var parent = base
    for id in git("rev-list", "--reverse", "\(base)..\(head)").text.split(separator: "\n") {
      let message = git("log", "-1", "--format=%B", String(id)).text
      let made = git("commit-tree", "\(id)^{tree}", "-p", parent, "-m", message)
      guard made.status == 0 else { return nil }
      parent = made.text
    }
    return parent
  }

  /// Runs CI on a commit: whether it passed, and its log.
  func check(_ commit: String) -> (isPassed: Bool, log: [UInt8])? {
    guard let ci else { return nil }
    let folder = "\(root)/ci-\(commit)"
    let script = """
      rm -rf '\(folder)' && mkdir '\(folder)' && git -C '\(path)' archive '\(commit)' \
      | tar -x -C '\(folder)' && cd '\(folder)' && { \(ci)
      }
      """
    let result = Self.run(["sh", "-c", script], in: root, mixesErrors: true)
    _ = Self.run(["rm", "-rf", folder], in: root)
    return (result.status == 0, result.bytes)
  }

  /// Answers git's smart protocol through git's own server program.
  func serve(_ request: FakeRequest) -> FakeReply {
    let query = request.target.drop { $0 != "?" }.dropFirst()
    var environment = [
      "GIT_PROJECT_ROOT": root, "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "pusher",
      "REMOTE_ADDR": "127.0.0.1", "PATH_INFO": request.path.removingPercentEncoding ?? "",
      "REQUEST_METHOD": request.method, "QUERY_STRING": String(query),
      "CONTENT_TYPE": request.headers["content-type"] ?? "",
      "CONTENT_LENGTH": "\(request.body.count)",
    ]
    environment["HTTP_CONTENT_ENCODING"] = request.headers["content-encoding"]
    environment["GIT_PROTOCOL"] = request.headers["git-protocol"]
    let output = Self.run(
      ["git", "-c", "http.receivepack=true", "http-backend"], in: root, environment: environment,
      input: request.body)
    return Self.reply(output.bytes)
  }

  /// Reads what a CGI program printed: headers, an empty line, the body.
  private static func reply(_ bytes: [UInt8]) -> FakeReply {
    var reply = FakeReply(200)
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      var line = rest[..<end]
      rest = rest[(end + 1)...]
      if line.last == 0x0D { line = line.dropLast() }
      if line.isEmpty {
        reply.body = Array(rest)
        return reply
      }
      let parts = String(decoding: line, as: UTF8.self).split(separator: ":", maxSplits: 1)
      let value = parts.count == 2 ? parts[1].drop { $0 == " " } : ""
      if parts[0] == "Status" {
        reply.status = Int(value.prefix(3)) ?? 500
      } else {
        reply.headers.append((String(parts[0]), String(value)))
      }
    }
    return FakeReply(500)
  }
}

extension FakeGitHub.World {
  /// Takes over what pushes have changed, as GitHub does before it answers anything.
  mutating func synchronise() {
    guard let repository else { return }
    let before = state.branches
    state.branches = repository.branches
    if state.branches != before { for number in state.pulls.keys { touch(number) } }
    for number in state.pulls.keys.sorted() where state.pulls[number]?.state == "OPEN" {
      follow(number, repository)
    }
  }

  private mutating func follow(_ number: Int, _ repository: FakeRepository) {
    guard var pull = state.pulls[number] else { return }
    defer { state.pulls[number] = pull }
    guard let head = state.branches[pull.head], let base = state.branches[pull.base] else {
      pull.state = "CLOSED"
      pull.updates += 1
      return
    }
    if repository.contains(head, in: base) {
      // Pushing the head to the base by hand marks it merged.
      pull.state = "MERGED"
      pull.mergedAs = base
      pull.updates += 1
      return
    }
    if head != pull.sha || pull.seenBase == nil {
      pull.sha = head
      pull.updates += 1
      pull.checks = []
      if repository.ci != nil { pull.checks = [queuedRun()] }
      if let conclusion = state.optionalCheck {
        pull.checks.append(
          .init(id: state.next(), name: "lint", conclusion: conclusion, isRequired: false))
      }
    } else {
      complete(&pull, repository)
    }
    if pull.seenBase != base || pull.mergeState == "UNKNOWN" {
      // Mergeability is computed after it was first asked for.
      let isNew = pull.seenBase != base
      pull.seenBase = base
      let state = repository.merge(base, head) == nil ? "DIRTY" : "CLEAN"
      pull.mergeState = isNew ? "UNKNOWN" : state
    }
    applyRules(&pull)
  }

  /// The base's protection: it is blocked while a required check has not passed, or the review is missing.
  private func applyRules(_ pull: inout FakeState.Pull) {
    let passed = Set(pull.checks.filter { $0.conclusion == "SUCCESS" }.map(\.name))
    let isApproved = pull.reviews.contains { $0.state == "APPROVED" }
    if state.requiresReview { pull.decision = isApproved ? "APPROVED" : "REVIEW_REQUIRED" }
    guard ["CLEAN", "BLOCKED"].contains(pull.mergeState) else { return }
    let isMet = passed.isSuperset(of: state.requiredChecks) && (isApproved || !state.requiresReview)
    pull.mergeState = isMet ? "CLEAN" : "BLOCKED"
  }

  /// A run that has not begun.
  private mutating func queuedRun() -> FakeState.CheckRun {
    let id = state.next()
    return .init(id: id, name: "ci", status: "QUEUED", conclusion: nil, workflowRun: state.next())
  }

  /// Runs what is queued.
  private mutating func complete(_ pull: inout FakeState.Pull, _ repository: FakeRepository) {
    if state.heldBranches.contains(pull.head) { return }
    for index in pull.checks.indices where pull.checks[index].status == "QUEUED" {
      guard let result = repository.check(pull.sha) else { continue }
      pull.checks[index].status = "COMPLETED"
      pull.checks[index].conclusion = result.isPassed ? "SUCCESS" : "FAILURE"
      state.jobs[pull.checks[index].id] = .init(
        id: pull.checks[index].id, name: "ci", log: result.log)
    }
  }

  /// Runs the failed jobs of a workflow run once more.
  mutating func runAgain(_ workflowRun: Int) {
    for number in state.pulls.keys {
      guard let pull = state.pulls[number] else { continue }
      for index in pull.checks.indices
      where pull.checks[index].workflowRun == workflowRun
        && pull.checks[index].conclusion == "FAILURE"
      {
        let run = queuedRun()
        state.pulls[number]?.checks[index] = run
      }
    }
  }

  /// How CI ends on any commit.
  mutating func checks(of commit: String) -> [FakeState.CheckRun] {
    if let known = commitChecks[commit] { return known }
    guard let result = repository?.check(commit) else { return [] }
    var run = queuedRun()
    run.status = "COMPLETED"
    run.conclusion = result.isPassed ? "SUCCESS" : "FAILURE"
    commitChecks[commit] = [run]
    return [run]
  }

  private mutating func touch(_ number: Int) { state.pulls[number]?.updates += 1 }

  /// Closes the issues that a merged pull request names.
  mutating func closeIssues(of pull: FakeState.Pull) {
    guard pull.base == "main" else { return }
    let words = pull.body.split { $0.isWhitespace }
    for (word, next) in zip(words, words.dropFirst()) where word.lowercased() == "closes" {
      guard let number = Int(next.drop { $0 == "#" }) else { continue }
      state.issues[number]?.isOpen = false
      state.issues[number]?.closedAs = "completed"
      state.issues[number]?.closedAt = Int(Date().timeIntervalSince1970)
      state.issues[number]?.updates += 1
    }
  }
}
