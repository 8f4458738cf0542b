import Foundation
import JSON

/// What a test or demo says to a fake that runs as a program of its own: JSON over `POST /_control`.
enum FakeControl {
  static func answer(_ body: JSONValue?, _ world: inout FakeGitHub.World) -> JSONValue {
    switch body?["op"]?.string {
    case "issue": return issue(body, &world)
    case "ci": world.repository?.ci = body?["command"]?.string
    case "review": review(body, &world)
    case "comment": comment(body, &world)
    case "label": label(body, &world)
    case "queue": queue(body, &world)
    case "issue-state": issueState(body, &world)
    case "base-check": baseCheck(body, &world)
    case "fault": fault(body, &world)
    case "permission":
      world.state.permissions[body?["login"]?.string ?? ""] = body?["permission"]?.string
    case "optional-check": world.state.optionalCheck = body?["result"]?.string
    case "lock": lock(body, &world)
    case "pull": return pull(body, &world)
    case "pull-state": pullState(body, &world)
    case "protect":
      world.state.requiredChecks = body?["checks"]?.strings ?? []
      world.state.requiresReview = body?["review"]?.bool ?? false
    case "hold-checks": holdChecks(body, &world)
    case "repository": repository(body, &world)
    case "edit-comment": editComment(body, &world)
    case "delete-branch":
      world.repository?.git("update-ref", "-d", "refs/heads/\(body?["branch"]?.string ?? "")")
    case "clear": world.faults = []
    case "webhooks": webhooks(body, &world)
    case "app": app(body, &world)
    case "board": board(body, &world)
    case "state": break
    default: return ["error": "no such operation"]
    }
    world.synchronise()
    return view(world)
  }

  private static func issue(_ body: JSONValue?, _ world: inout FakeGitHub.World) -> JSONValue {
    let labels = body?["labels"]?.strings ?? []
    let number = world.state.addIssue(body?["title"]?.string ?? "An issue", labels: labels)
    world.state.issues[number]?.body = body?["body"]?.string ?? ""
    world.state.issues[number]?.assignees = body?["assignees"]?.strings ?? []
    world.state.issues[number]?.text.association = body?["association"]?.string ?? "MEMBER"
    return ["number": .number(number)]
  }

  private static func review(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    guard let number = body?["pull"]?.int, world.state.pulls[number] != nil else { return }
    let author = body?["author"]?.string ?? "ann"
    var text = FakeState.Text(
      id: world.state.next(), author: author, body: body?["body"]?.string ?? "",
      association: body?["association"]?.string ?? "MEMBER")
    text.at = Int(Date().timeIntervalSince1970)
    var review = FakeState.Review(text: text, state: body?["state"]?.string ?? "COMMENTED")
    review.commit = world.state.pulls[number]?.sha
    world.state.pulls[number]?.reviews.append(review)
    if let path = body?["path"]?.string {
      var remark = FakeState.Text(
        id: world.state.next(), author: author, body: body?["remark"]?.string ?? "",
        association: text.association)
      remark.at = text.at
      world.state.pulls[number]?.threads.append(
        .init(
          id: "T\(remark.id)", path: path, line: body?["line"]?.int ?? 1, comments: [remark]))
    }
    world.state.pulls[number]?.updates += 1
  }

  private static func comment(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    guard let number = body?["number"]?.int else { return }
    var text = FakeState.Text(
      id: world.state.next(), author: body?["author"]?.string ?? "ann",
      body: body?["body"]?.string ?? "", association: body?["association"]?.string ?? "MEMBER")
    text.isEdited = body?["edited"]?.bool ?? false
    text.at = Int(Date().timeIntervalSince1970) - (body?["seconds_ago"]?.int ?? 0)
    world.state.pulls[number]?.comments.append(text)
    world.state.pulls[number]?.updates += 1
    world.state.issues[number]?.comments.append(text)
    world.state.issues[number]?.updates += 1
  }

  /// Puts a label on, or takes it away.
  private static func label(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    guard let number = body?["number"]?.int, let name = body?["name"]?.string else { return }
    world.state.pulls[number]?.labels.removeAll { $0 == name }
    world.state.pulls[number]?.updates += 1
    world.state.issues[number]?.labels.removeAll { $0 == name }
    world.state.issues[number]?.updates += 1
    if body?["remove"]?.bool == true { return }
    world.state.pulls[number]?.labels.append(name)
    world.state.issues[number]?.labels.append(name)
  }

  /// Opens a pull request of a branch, as a person would; `fork` is the repository that it comes from.
  private static func pull(_ body: JSONValue?, _ world: inout FakeGitHub.World) -> JSONValue {
    world.synchronise()
    let head = body?["head"]?.string ?? ""
    guard let sha = world.state.branches[head] else { return ["error": "no such branch"] }
    let number = world.state.next()
    var pull = FakeState.Pull(number: number, title: "Mine", head: head, sha: sha)
    pull.author = body?["author"]?.string ?? "ann"
    pull.headRepository = body?["fork"]?.string
    pull.body = body?["body"]?.string ?? ""
    pull.base = body?["base"]?.string ?? "main"
    pull.labels = body?["labels"]?.strings ?? []
    pull.isDraft = body?["draft"]?.bool ?? false
    world.state.pulls[number] = pull
    world.synchronise()
    return ["number": .number(number)]
  }

  /// Closes a pull request, opens it again, makes it a draft or ready, or gives it another base, as a person would.
  private static func pullState(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    guard let number = body?["number"]?.int else { return }
    if let isOpen = body?["open"]?.bool {
      world.state.pulls[number]?.state = isOpen ? "OPEN" : "CLOSED"
      world.state.pulls[number]?.closedAt = isOpen ? nil : Int(Date().timeIntervalSince1970)
    }
    if let isDraft = body?["draft"]?.bool { world.state.pulls[number]?.isDraft = isDraft }
    if let isLocked = body?["locked"]?.bool { world.state.pulls[number]?.isLocked = isLocked }
    if let base = body?["base"]?.string { world.state.pulls[number]?.base = base }
    world.state.pulls[number]?.updates += 1
  }

  /// Renames or moves the repository, takes it from the token's sight, archives it, or takes the right to push.
  private static func repository(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    if let name = body?["name"]?.string {
      let parts = name.split(separator: "/").map(String.init)
      if body?["visible"]?.bool != false {
        world.state.oldNames.insert("\(world.state.owner)/\(world.state.name)")
      }
      world.state.owner = parts.first ?? ""
      world.state.name = parts.last ?? ""
    }
    if let isArchived = body?["archived"]?.bool { world.state.isArchived = isArchived }
    if let mayPush = body?["push"]?.bool { world.state.mayPush = mayPush }
  }

  /// Changes the text of the last comment of an issue or pull request.
  private static func editComment(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    guard let number = body?["number"]?.int, let text = body?["body"]?.string else { return }
    let author = body?["author"]?.string ?? "ann"
    func edit(_ comments: inout [FakeState.Text]) {
      guard let index = comments.lastIndex(where: { $0.author == author }) else { return }
      comments[index].body = text
      comments[index].isEdited = true
    }
    if var pull = world.state.pulls[number] {
      edit(&pull.comments)
      pull.updates += 1
      world.state.pulls[number] = pull
    }
    if var issue = world.state.issues[number] {
      edit(&issue.comments)
      issue.updates += 1
      world.state.issues[number] = issue
    }
  }

  /// Keeps the checks of a branch from ending, or lets them end.
  private static func holdChecks(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    guard let branch = body?["branch"]?.string else { return }
    if body?["held"]?.bool == false {
      world.state.heldBranches.remove(branch)
    } else {
      world.state.heldBranches.insert(branch)
    }
  }

  private static func lock(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    guard let number = body?["number"]?.int else { return }
    world.state.pulls[number]?.isLocked = true
    world.state.pulls[number]?.updates += 1
    world.state.refusesLocked = body?["refuses"]?.bool ?? false
  }

  /// Turns merge queues on, or throws everything out of them.
  private static func queue(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    if let uses = body?["uses"]?.bool { world.state.usesQueue = uses }
    guard body?["empty"]?.bool == true else { return }
    for number in world.state.pulls.keys {
      world.state.pulls[number]?.isQueued = false
      world.state.pulls[number]?.updates += 1
    }
  }

  /// Closes or opens an issue, as a person would.
  private static func issueState(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    guard let number = body?["number"]?.int else { return }
    let isOpen = body?["open"]?.bool ?? false
    world.state.issues[number]?.isOpen = isOpen
    world.state.issues[number]?.closedAt = isOpen ? nil : Int(Date().timeIntervalSince1970)
    world.state.issues[number]?.updates += 1
  }

  /// Says how CI ended on the base's head; without a result, that it has not begun there.
  private static func baseCheck(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    guard let head = world.state.branches["main"] else { return }
    guard let result = body?["result"]?.string else { return world.commitChecks[head] = [] }
    world.commitChecks[head] = [.init(id: world.state.next(), name: "ci", conclusion: result)]
  }

  /// Tells somebody of what happens from now on.
  private static func webhooks(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    var hooks = FakeWebhooks(
      url: body?["url"]?.string ?? "", secret: body?["secret"]?.string ?? "", world.state)
    hooks.mode = FakeWebhooks.Mode(rawValue: body?["mode"]?.string ?? "") ?? .once
    hooks.isForm = body?["form"]?.bool ?? false
    hooks.log = world.webhooks?.log ?? []
    world.webhooks = hooks
  }

  /// Lets an App be the only one that may do anything, or changes what it may.
  private static func app(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    var app =
      world.app ?? FakeApp(id: body?["id"]?.int ?? 0, publicKey: body?["public_key"]?.string ?? "")
    if let key = body?["public_key"]?.string { app.publicKey = key }
    if let isInstalled = body?["installed"]?.bool { app.isInstalled = isInstalled }
    if let isSuspended = body?["suspended"]?.bool { app.isSuspended = isSuspended }
    if let seconds = body?["seconds"]?.int { app.tokenSeconds = seconds }
    if let ahead = body?["ahead"]?.int { app.ahead = ahead }
    if let without = body?["without"]?.string {
      app.permissions = FakeApp.allPermissions
      app.permissions[without] = nil
    }
    if body?["revoke"]?.bool == true { app.tokens = [:] }
    world.app = app
  }

  /// Makes a project, or changes it.
  private static func board(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    var board = world.state.board ?? FakeBoard(number: body?["number"]?.int ?? 7)
    if let options = body?["options"]?.strings { board.options = options }
    if let isOpen = body?["open"]?.bool { board.isOpen = isOpen }
    if let generation = body?["generation"]?.string { board.generation = generation }
    if let card = body?["card"]?.string { board.cards[card] = body?["column"]?.string }
    world.state.board = board
  }

  private static func fault(_ body: JSONValue?, _ world: inout FakeGitHub.World) {
    let kind: FakeGitHub.Kind =
      switch body?["kind"]?.string {
      case "drop": .drop
      case "drop-after": .dropAfter
      case "truncate": .truncate
      case "secondary": .secondary(retryAfter: 1)
      case "stall": .stall
      case "stale": .stale
      case "scope":
        .status(
          403, body: "{\"message\":\"Resource not accessible by personal access token\"}",
          headers: [("X-Accepted-GitHub-Permissions", "contents=write")])
      case "status": .status(body?["status"]?.int ?? 502)
      default: .status(500)
      }
    world.faults.append(
      .init(
        match: body?["match"]?.string ?? "", times: body?["times"]?.int ?? 1,
        after: body?["after"]?.int ?? 0, kind: kind))
  }

  /// What a test compares.
  private static func view(_ world: FakeGitHub.World) -> JSONValue {
    let pulls = world.state.pulls.values.sorted { $0.number < $1.number }.map { pull -> JSONValue in
      [
        "number": .number(pull.number), "title": .string(pull.title), "body": .string(pull.body),
        "head": .string(pull.head), "sha": .string(pull.sha), "state": .string(pull.state),
        "merged_as": .optional(pull.mergedAs), "labels": .texts(pull.labels),
        "comments": .texts(pull.comments.map(\.body)),
        "checks": .texts(pull.checks.map { $0.conclusion ?? $0.status }),
        "reviews": .texts(pull.reviews.map(\.state)), "queuings": .number(pull.queuings),
        "asked": .texts(pull.asked), "assignees": .texts(pull.assignees),
        "threads": .array(
          pull.threads.map {
            ["resolved": .bool($0.isResolved), "comments": .texts($0.comments.map(\.body))]
          }),
      ]
    }
    let issues = world.state.issues.values.sorted { $0.number < $1.number }.map {
      issue -> JSONValue in
      [
        "number": .number(issue.number), "title": .string(issue.title),
        "open": .bool(issue.isOpen), "labels": .texts(issue.labels),
        "branches": .texts(issue.branches.keys.sorted()),
        "comments": .texts(issue.comments.map(\.body)),
        "assignees": .texts(issue.assignees),
      ]
    }
    return [
      "pulls": .array(pulls), "issues": .array(issues), "problems": .texts(world.problems),
      "stalled": .number(world.log.count(where: \.isStalled)),
      "requests": .number(world.log.count(where: \.isCounted)),
      "commit_looks": .number(world.log.count { $0.body?["variables"]?["oid"] != nil }),
      "branches": .texts(world.state.branches.keys.sorted()),
      "cards": .object((world.state.board?.cards ?? [:]).mapValues(JSONValue.string)),
      "moves": .texts(world.state.board?.moves ?? []),
      "board_requests": .number(
        world.log.count { ($0.body?["query"]?.string ?? "").contains("rojectV2") }),
      "app_tokens": .number(world.app?.count ?? 0),
      "webhooks": .texts((world.webhooks?.log ?? []).map { "\($0.event) \($0.status)" }),
    ]
  }
}

/// A fake as a program of its own: `github-fake ROOT OWNER/NAME` prints its address and serves until its
/// input ends.
public enum FakeProgram {
  /// Serves; never returns before the end of the input.
  public static func run(_ arguments: [String]) async throws {
    guard arguments.count == 3 else { throw Usage() }
    let fake = try await FakeGitHub.start()
    let names = arguments[2].split(separator: "/").map(String.init)
    fake.change { world in
      world.state.owner = names.first ?? "acme"
      world.state.name = names.last ?? "demo"
      world.repository = FakeRepository(root: arguments[1], name: arguments[2])
      world.now = Int(Date().timeIntervalSince1970)
      world.resetAt = world.now + 3600
    }
    try FileHandle.standardOutput.write(contentsOf: Data((fake.url + "\n").utf8))
    await withCheckedContinuation { continuation in
      Thread {
        _ = FileHandle.standardInput.readDataToEndOfFile()
        continuation.resume()
      }.start()
    }
    _ = fake.problems
  }

  /// It was started in another way.
  public struct Usage: Error, CustomStringConvertible {
    /// How it is started.
    public var description: String { "usage: github-fake ROOT OWNER/NAME" }
  }
}
