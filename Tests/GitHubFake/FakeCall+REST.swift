import Foundation
import JSON

/// A route's answer: status, body, further headers; for failures the body is the message.
typealias RouteAnswer = (status: Int, json: JSONValue, headers: [(String, String)])

extension FakeCall {
  /// Carries an operation out.
  mutating func route(_ operation: String, _ parts: [String: String]) -> RouteAnswer {
    let number =
      ["pull_number", "issue_number", "job_id", "run_id", "check_run_id", "comment_id"]
      .compactMap { parts[$0].flatMap { Int($0) } }.first ?? 0
    switch operation {
    case "repos/get": return (200, repository, [])
    case "apps/get-repo-installation": return appInstallation()
    case "apps/create-installation-access-token":
      return appToken(parts["installation_id"].flatMap { Int($0) } ?? 0)
    case "repos/get-collaborator-permission-level":
      return permission(of: parts["username"] ?? "")
    case "pulls/list": return (200, listPulls(), [])
    case "pulls/create": return createPull()
    case "pulls/get": return pull(number).map { (200, json($0), []) } ?? missing
    case "pulls/update": return updatePull(number)
    case "pulls/merge": return merge(number)
    case "pulls/list-reviews":
      return (200, page((world.state.pulls[number]?.reviews ?? []).map(json)), [])
    case "pulls/create-review": return createReview(number)
    case "git/get-ref": return getRef(parts["ref"] ?? "")
    case "git/delete-ref": return deleteRef(parts["ref"] ?? "")
    case "actions/get-job-for-workflow-run": return job(number)
    case "actions/download-job-logs-for-workflow-run":
      guard world.state.jobs[number]?.log != nil else { return missing }
      return (302, .null, [("Location", logStore + "/_logs/\(number)")])
    case "actions/re-run-workflow-failed-jobs", "checks/rerequest-run":
      world.state.reruns.append(number)
      world.runAgain(number)
      return (201, [:], [])
    default: return routeIssues(operation, number, parts)
    }
  }

  private mutating func routeIssues(
    _ operation: String, _ number: Int, _ parts: [String: String]
  ) -> RouteAnswer {
    switch operation {
    case "issues/list-comments": return (200, page(comments(of: number).map(json)), [])
    case "issues/create-comment": return createComment(number)
    case "issues/update-comment": return updateComment(number)
    case "issues/list-for-repo": return (200, listIssues(), [])
    case "issues/update":
      guard world.state.issues[number] != nil else { return missing }
      let isOpen = body?["state"]?.string != "closed"
      if world.state.issues[number]?.isOpen != isOpen {
        world.state.issues[number]?.isOpen = isOpen
        world.state.issues[number]?.closedAt = isOpen ? nil : Int(Date().timeIntervalSince1970)
        world.state.issues[number]?.updates += 1
      }
      world.state.issues[number]?.closedAs = body?["state_reason"]?.string
      return (200, world.state.issues[number].map(json) ?? .null, [])
    case "issues/get":
      return world.state.issues[number].map { (200, json($0), []) } ?? missing
    case "issues/add-assignees": return addAssignees(number)
    case "issues/add-labels": return addLabels(number)
    case "issues/remove-label": return removeLabel(number, parts["name"] ?? "")
    default:
      note("no route for \(operation)")
      return (500, "no route", [])
    }
  }

  private var missing: RouteAnswer { (404, "Not Found", []) }
  private func pull(_ number: Int) -> FakeState.Pull? { world.state.pulls[number] }

  /// The same server under this machine's other name, so that it is another host.
  private var logStore: String {
    url.split(separator: "127.0.0.1").joined(separator: "localhost")
  }

  private var repository: JSONValue {
    [
      "name": .string(world.state.name), "full_name": .string(fullName), "default_branch": "main",
      "private": false, "archived": .bool(world.state.isArchived), "allow_merge_commit": true,
      "allow_squash_merge": true, "allow_rebase_merge": false, "delete_branch_on_merge": false,
      "permissions": ["admin": false, "pull": true, "push": .bool(world.state.mayPush)],
    ]
  }

  private func permission(of login: String) -> RouteAnswer {
    let permission = world.state.permissions[login] ?? "write"
    if permission == "none" { return missing }
    return (
      200,
      [
        "permission": .string(permission), "role_name": .string(permission), "user": .null,
      ], []
    )
  }

  private mutating func listPulls() -> JSONValue {
    let owner = world.state.owner
    let wanted = query["state"] ?? "open"
    var pulls = world.state.pulls.values.filter {
      wanted == "all" || ($0.state == "OPEN") == (wanted == "open")
    }
    // A head without its owner is ignored, as GitHub does.
    if let head = query["head"], head.contains(":") {
      pulls = pulls.filter { "\(owner):\($0.head)" == head }
    }
    if let base = query["base"] { pulls = pulls.filter { $0.base == base } }
    let isRising = query["direction"] == "asc"
    return page(pulls.sorted { ($0.number < $1.number) == isRising }.map(json))
  }

  private mutating func createPull() -> RouteAnswer {
    let head = body?["head"]?.string ?? ""
    let base = body?["base"]?.string ?? ""
    guard let sha = world.state.branches[head], let onto = world.state.branches[base] else {
      return (422, "Validation Failed", [])
    }
    if sha == onto { return (422, .string("No commits between \(base) and \(head)"), []) }
    if world.state.pulls.values.contains(where: {
      $0.state == "OPEN" && $0.head == head && $0.base == base
    }) {
      return (422, .string("A pull request already exists for \(world.state.owner):\(head)."), [])
    }
    let number = world.state.next()
    var pull = FakeState.Pull(
      number: number, title: body?["title"]?.string ?? "", head: head, sha: sha, base: base)
    pull.body = body?["body"]?.string ?? ""
    pull.isDraft = body?["draft"]?.bool ?? false
    pull.author = world.state.account
    pull.usesQueue = world.state.usesQueue
    world.state.pulls[number] = pull
    return (201, json(pull), [])
  }

  private mutating func updatePull(_ number: Int) -> RouteAnswer {
    guard var pull = pull(number) else { return missing }
    if let title = body?["title"]?.string { pull.title = title }
    if let text = body?["body"]?.string { pull.body = text }
    if let base = body?["base"]?.string { pull.base = base }
    if body?["state"]?.string == "closed", pull.state == "OPEN" { pull.state = "CLOSED" }
    pull.updates += 1
    world.state.pulls[number] = pull
    return (200, json(pull), [])
  }

  private mutating func merge(_ number: Int) -> RouteAnswer {
    guard var pull = pull(number) else { return missing }
    guard pull.state == "OPEN", pull.mergeState == "CLEAN", !pull.usesQueue else {
      return (405, .string("Pull Request is not mergeable"), [])
    }
    guard body?["sha"]?.string == pull.sha else {
      return (409, "Head branch was modified. Review and try the merge again.", [])
    }
    pull.mergedAs = FakeState.sha(5000 + number)
    if let repository = world.repository {
      let method = body?["merge_method"]?.string ?? "merge"
      let title = body?["commit_title"]?.string ?? pull.title
      pull.mergedAs = repository.merge(pull.sha, into: pull.base, as: method, title: title)
      guard pull.mergedAs != nil else { return (405, "Pull Request is not mergeable", []) }
    }
    pull.state = "MERGED"
    pull.updates += 1
    world.state.pulls[number] = pull
    world.closeIssues(of: pull)
    return (200, ["sha": .optional(pull.mergedAs), "merged": true, "message": "merged"], [])
  }

  private mutating func createReview(_ number: Int) -> RouteAnswer {
    guard var pull = pull(number) else { return missing }
    let event = body?["event"]?.string ?? ""
    if event != "COMMENT", pull.author == world.state.account {
      return (422, "Can not approve your own pull request", [])
    }
    let comments = body?["comments"]?.array ?? []
    if let lines = world.state.reviewableLines,
      comments.contains(where: { !lines.contains($0["line"]?.int ?? 0) })
    {
      return (422, "Pull request review thread line must be part of the diff", [])
    }
    let states = ["APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"]
    let review = FakeState.Review(
      text: .init(
        id: world.state.next(), author: world.state.account, body: body?["body"]?.string ?? ""),
      state: states[event] ?? "COMMENTED", lines: comments.compactMap { $0["body"]?.string })
    pull.reviews.append(review)
    world.state.pulls[number] = pull
    return (200, json(review), [])
  }

  private mutating func getRef(_ ref: String) -> RouteAnswer {
    let name = String(ref.dropFirst("heads/".count))
    guard let sha = world.state.branches[name] else { return missing }
    let object: JSONValue = ["type": "commit", "sha": .string(sha), "url": ""]
    return (200, ["ref": .string("refs/" + ref), "object": object], [])
  }

  private mutating func deleteRef(_ ref: String) -> RouteAnswer {
    let name = String(ref.dropFirst("heads/".count))
    guard world.state.branches.removeValue(forKey: name) != nil else {
      return (422, "Reference does not exist", [])
    }
    world.repository?.git("update-ref", "-d", "refs/heads/\(name)")
    return (204, .null, [])
  }

  private func job(_ id: Int) -> RouteAnswer {
    guard let job = world.state.jobs[id] else { return missing }
    return (
      200,
      [
        "id": .number(id), "name": .string(job.name), "steps": .array(job.steps),
        "html_url": "https://github.example/job", "status": "completed", "conclusion": "failure",
      ], []
    )
  }

  private func comments(of number: Int) -> [FakeState.Text] {
    world.state.pulls[number]?.comments ?? world.state.issues[number]?.comments ?? []
  }

  private mutating func createComment(_ number: Int) -> RouteAnswer {
    guard world.state.pulls[number] != nil || world.state.issues[number] != nil else {
      return missing
    }
    if world.state.refusesLocked, world.state.pulls[number]?.isLocked == true {
      return (403, "Unable to create comment because issue is locked.", [])
    }
    let text = FakeState.Text(
      id: world.state.next(), author: world.state.account, body: body?["body"]?.string ?? "")
    world.state.pulls[number]?.comments.append(text)
    world.state.pulls[number]?.updates += 1
    world.state.issues[number]?.comments.append(text)
    world.state.issues[number]?.updates += 1
    return (201, json(text), [])
  }

  private mutating func updateComment(_ id: Int) -> RouteAnswer {
    let new = body?["body"]?.string ?? ""
    for (number, pull) in world.state.pulls {
      guard let index = pull.comments.firstIndex(where: { $0.id == id }) else { continue }
      world.state.pulls[number]?.comments[index].body = new
      world.state.pulls[number]?.comments[index].isEdited = true
      return (200, world.state.pulls[number].map { json($0.comments[index]) } ?? .null, [])
    }
    for (number, issue) in world.state.issues {
      guard let index = issue.comments.firstIndex(where: { $0.id == id }) else { continue }
      world.state.issues[number]?.comments[index].body = new
      world.state.issues[number]?.comments[index].isEdited = true
      return (200, world.state.issues[number].map { json($0.comments[index]) } ?? .null, [])
    }
    return missing
  }

  private mutating func listIssues() -> JSONValue {
    let labels = Set((query["labels"] ?? "").split(separator: ",").map(String.init))
    let state = query["state"] ?? "open"
    // GitHub lists pull requests among the issues.
    let pulls = world.state.pulls.values.map { pull -> FakeState.Issue in
      var row = FakeState.Issue(number: pull.number, title: pull.title)
      row.labels = pull.labels
      row.isOpen = pull.state == "OPEN"
      row.updates = pull.updates
      row.closedAt = pull.closedAt
      return row
    }
    let wanted = (world.state.issues.values + pulls).filter {
      (state == "all" || $0.isOpen == (state == "open")) && labels.isSubset(of: $0.labels)
    }
    let sorted = wanted.sorted {
      query["sort"] == "updated"
        ? ($0.updates, $0.number) > ($1.updates, $1.number) : $0.number > $1.number
    }
    return page(
      sorted.map { issue in
        guard world.state.pulls[issue.number] != nil else { return json(issue) }
        var row = json(issue).members
        row["pull_request"] = ["url": "", "html_url": "", "diff_url": "", "patch_url": ""]
        return .object(row)
      })
  }

  /// Whoever cannot be assigned is passed over: Apps, and those who may not even read.
  private mutating func addAssignees(_ number: Int) -> RouteAnswer {
    let names = (body?["assignees"]?.strings ?? []).filter {
      !$0.hasSuffix("[bot]") && world.state.permissions[$0] != "none"
    }
    if world.state.pulls[number] != nil {
      let known = world.state.pulls[number]?.assignees ?? []
      world.state.pulls[number]?.assignees = known + names.filter { !known.contains($0) }
      world.state.pulls[number]?.updates += 1
      var row = FakeState.Issue(number: number, title: world.state.pulls[number]?.title ?? "")
      row.assignees = world.state.pulls[number]?.assignees ?? []
      return (201, json(row), [])
    }
    guard let known = world.state.issues[number]?.assignees else { return missing }
    world.state.issues[number]?.assignees = known + names.filter { !known.contains($0) }
    world.state.issues[number]?.updates += 1
    return (201, world.state.issues[number].map(json) ?? .null, [])
  }

  private mutating func addLabels(_ number: Int) -> RouteAnswer {
    let names = (body?["labels"]?.array ?? []).compactMap(\.string)
    var labels = world.state.pulls[number]?.labels ?? world.state.issues[number]?.labels ?? []
    labels += names.filter { !labels.contains($0) }
    return setLabels(number, labels)
  }

  private mutating func removeLabel(_ number: Int, _ name: String) -> RouteAnswer {
    let labels = world.state.pulls[number]?.labels ?? world.state.issues[number]?.labels ?? []
    guard labels.contains(name) else { return (404, "Label does not exist", []) }
    return setLabels(number, labels.filter { $0 != name })
  }

  private mutating func setLabels(_ number: Int, _ labels: [String]) -> RouteAnswer {
    world.state.pulls[number]?.labels = labels
    world.state.pulls[number]?.updates += 1
    world.state.issues[number]?.labels = labels
    world.state.issues[number]?.updates += 1
    return (200, .array(labels.map(label)), [])
  }
}
