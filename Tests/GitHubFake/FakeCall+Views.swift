import JSON

/// How the fake's things look in REST; what a schema asks for beyond that is filled in.
extension FakeCall {
  func user(_ login: String) -> JSONValue { ["login": .string(login), "type": "User"] }

  func label(_ name: String) -> JSONValue { ["name": .string(name), "color": "ededed"] }

  func json(_ pull: FakeState.Pull) -> JSONValue {
    [
      "number": .number(pull.number), "title": .string(pull.title), "body": .string(pull.body),
      "state": pull.state == "OPEN" ? "open" : "closed", "draft": .bool(pull.isDraft),
      "locked": .bool(pull.isLocked),
      "html_url": .string("https://github.example/pull/\(pull.number)"),
      "user": user(pull.author), "author_association": "MEMBER",
      "head": [
        "ref": .string(pull.head), "sha": .string(pull.sha), "label": "",
        "repo": pull.headRepository == ""
          ? .null : ["full_name": .string(pull.headRepository ?? fullName)],
      ],
      "base": [
        "ref": .string(pull.base), "sha": .optional(world.state.branches[pull.base] ?? "gone"),
        "label": "",
      ],
      "labels": .array(pull.labels.map(label)), "updated_at": FakeState.time(pull.updates),
      "merged_at": pull.state == "MERGED" ? FakeState.time(1) : .null,
    ]
  }

  func json(_ text: FakeState.Text) -> JSONValue {
    [
      "id": .number(text.id), "body": .string(text.body), "user": user(text.author),
      "html_url": .string("https://github.example/comment/\(text.id)"),
      "author_association": .string(text.association),
      "created_at": text.createdAt, "updated_at": text.updatedAt(isEdited: text.isEdited),
    ]
  }

  func json(_ review: FakeState.Review) -> JSONValue {
    var members = json(review.text).members
    members["state"] = .string(review.state)
    return .object(members)
  }

  func json(_ issue: FakeState.Issue) -> JSONValue {
    [
      "number": .number(issue.number), "title": .string(issue.title),
      "state": issue.isOpen ? "open" : "closed", "user": user(issue.text.author),
      "author_association": .string(issue.text.association),
      "labels": .array(issue.labels.map(label)), "assignees": .array(issue.assignees.map(user)),
      "updated_at": FakeState.time(issue.updates), "created_at": FakeState.time(0),
      "html_url": .string("https://github.example/issues/\(issue.number)"),
      "closed_at": issue.closedAt.map(FakeState.instant) ?? .null,
    ]
  }
}
