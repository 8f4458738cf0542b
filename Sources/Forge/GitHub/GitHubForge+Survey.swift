internal import JSON

extension GitHubForge {
  /// The cheap look: a request for each hundred open pull requests, free while none changed, and at
  /// the survey's pace a pulse (one GraphQL request for each hundred) for checks and mergeability.
  public func survey(_ memory: SurveyMemory) async throws(ForgeError) -> Survey {
    let url = client.address(
      path("pulls"),
      ["state": "open", "sort": "created", "direction": "asc", "per_page": "100"])
    let call = "list open pull requests"
    let (listed, isCut) = try await client.list(
      url, call, .watching, atMost: ForgeLimits.pullRequests
    ) { reader throws(ForgeError) in try ListedPullRequest(reader) }
    var entries: [Int: SurveyMemory.Entry] = [:]
    for request in listed {
      var entry = memory.entries[request.number] ?? SurveyMemory.Entry()
      // What moved has something to say again.
      if entry.listed != request.fingerprint { entry.isSettled = false }
      entry.listed = request.fingerprint
      entries[request.number] = entry
    }
    var next = SurveyMemory()
    next.pulseAt = memory.pulseAt
    if isPulseDue(memory, entries) {
      next.pulseAt = client.clock.now()
      try await takePulse(&entries)
    }
    next.entries = entries
    let changed = listed.map(\.number).filter { entries[$0] != memory.entries[$0] }
    return Survey(
      changed: changed, ended: memory.entries.keys.filter { entries[$0] == nil }.sorted(),
      open: listed.map(\.number), isCut: isCut, memory: next)
  }

  private func isPulseDue(_ memory: SurveyMemory, _ entries: [Int: SurveyMemory.Entry]) -> Bool {
    guard !entries.isEmpty else { return false }
    guard let last = memory.pulseAt else { return true }
    let pace = configuration.pace
    let isSettled = entries.values.allSatisfy(\.isSettled)
    let seconds = isSettled ? pace.settledSeconds : pace.unsettledSeconds
    return client.clock.now() - last >= seconds * 1000
  }

  /// Reads the pulse of all open pull requests into their entries.
  private func takePulse(_ entries: inout [Int: SurveyMemory.Entry]) async throws(ForgeError) {
    let text = """
      query($owner: String!, $name: String!, $cursor: String) {
        repository(owner: $owner, name: $name) {
          pullRequests(
            states: [OPEN], first: 100, after: $cursor, orderBy: {field: CREATED_AT, direction: ASC}
          ) { pageInfo { hasNextPage endCursor } nodes { \(Selection.pulse) } }
        }
      }
      """
    let call = "ask for checks and mergeability"
    var variables = place
    for _ in 0..<(ForgeLimits.pullRequests / 100) {
      let (data, errors) = try await client.query(text, variables, call, .watching)
      guard let repository = data.part("repository") else {
        throw errors.first.map { $0.error(call, detail: $0.type) } ?? .notFound(call: call)
      }
      for pulse in try repository.nodes("pullRequests", Pulse.init) {
        entries[pulse.number]?.pulse = pulse.fingerprint
        entries[pulse.number]?.isSettled = pulse.isSettled
      }
      let info = try repository["pullRequests"]["pageInfo"]
      guard info.flag("hasNextPage"), let cursor = info.optionalName("endCursor") else { return }
      variables["cursor"] = .string(cursor)
    }
  }
}

/// What a list says of a pull request that can move.
private struct ListedPullRequest: Sendable {
  let number: Int
  let fingerprint: String

  init(_ reader: AnswerReader) throws(ForgeError) {
    number = try reader.number("number")
    let base = try reader["base"]
    let labels = try reader.elements("labels") { $0.optionalName("name") }
    let parts = [
      try reader["head"].commit("sha"), try base.name("ref"), try reader.name("updated_at"),
      reader.flag("draft") ? "draft" : "", reader.flag("locked") ? "locked" : "",
    ]
    fingerprint = (parts + labels).joined(separator: "\n")
  }
}

/// What a pulse says of a pull request.
private struct Pulse: Sendable {
  let number: Int
  let fingerprint: String
  let isSettled: Bool

  init(_ reader: AnswerReader) throws(ForgeError) {
    number = try reader.number("number")
    fingerprint = reader.json.canonicalText
    let rollup = try reader.nodes("commits") { $0.part("commit") }.last?.part("statusCheckRollup")
    let isPending = ["PENDING", "EXPECTED"].contains(rollup?.optionalName("state"))
    let mergeability: Mergeability = reader.word("mergeStateStatus", or: .unknown)
    isSettled = !isPending && mergeability != .unknown && !reader.flag("isInMergeQueue")
  }
}
