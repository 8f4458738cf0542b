internal import JSON

extension GitHubForge {
  /// The checks of a commit: one request.
  public func checks(of commit: String) async throws(ForgeError) -> [Check] {
    let call = "read the checks of a commit"
    let text = """
      query($owner: String!, $name: String!, $oid: GitObjectID!) {
        repository(owner: $owner, name: $name) {
          object(oid: $oid) { ... on Commit { statusCheckRollup {
            contexts(first: \(Selection.contexts)) { nodes {
              __typename
              ... on CheckRun { databaseId name status conclusion startedAt completedAt detailsUrl }
              ... on StatusContext { context state description targetUrl createdAt }
            } }
          } } }
        }
      }
      """
    var variables = place
    variables["oid"] = .string(commit)
    let (data, errors) = try await client.query(text, variables, call, .watching)
    guard let repository = data.part("repository") else {
      throw errors.first.map { $0.error(call, detail: $0.type) } ?? .notFound(call: call)
    }
    let contexts = repository.part("object")?.part("statusCheckRollup")?.part("contexts")
    return try contexts?.elements("nodes", Check.init) ?? []
  }

  /// What matters of a failed GitHub Actions job's log: three requests, the last to the log's store.
  public func failureLog(of check: Check) async throws(ForgeError) -> JobLog? {
    guard let id = check.runID, check.workflowRunID != nil else { return nil }
    let call = "read the log of '\(check.name)'"
    let job = try await client.get(
      client.address(path("actions", "jobs", "\(id)")), call, .acting, FailedJob.init
    ).value
    let request = GitHubRequest(
      url: client.address(path("actions", "jobs", "\(id)", "logs")), call: call, purpose: .acting,
      isRepeatable: true, accepted: [302, 404, 410])
    var tries = 1
    while true {
      let answer = try await client.send(request)
      // Logs are kept for a time only.
      guard answer.status == 302, let location = answer.headers["location"] else { return nil }
      do throws(ForgeError) {
        let log = try await readLog(at: location, job, call)
        return log.map { JobLog(job: job.name, step: job.step, url: job.url, log: $0) }
      } catch {
        guard error.passes, tries < GitHubClient.maximumTries else { throw error }
        try await client.pause(beforeTry: tries)
        tries += 1
      }
    }
  }

  /// Reads a log from where GitHub keeps it: another host, which must not see the token.
  private func readLog(
    at url: String, _ job: FailedJob, _ call: String
  ) async throws(ForgeError) -> TrimmedLog? {
    guard client.endpoint.mayRead(url) else {
      throw .movedElsewhere(call: call, host: GitHubEndpoint.host(of: url))
    }
    let http = HTTPCall(
      url: url, headers: [("User-Agent", configuration.userAgent)],
      timeoutSeconds: configuration.logTimeoutSeconds)
    let reading = LogReading(window: job.window)
    do throws(TransportError) {
      let (head, result) = try await client.transport.send(http, reading) { reading, piece, head in
        head.status == 200 ? reading.add(piece) : true
      }
      switch head.status {
      case 200: return result.finished()
      case 404, 410: return nil
      case 500...: throw TransportError.broken("status \(head.status)")
      default:
        throw TransportError.broken("the store of logs answered \(head.status)")
      }
    } catch {
      switch error {
      case .notSent(let detail), .broken(let detail):
        throw .interrupted(call: call, detail: ForgeLimits.cut(detail, to: ForgeLimits.detailBytes))
      case .timedOut: throw .timedOut(call: call, seconds: configuration.logTimeoutSeconds)
      case .tooLarge: throw .tooLarge(call: call, limitBytes: ForgeLimits.logBytes)
      case .cancelled: throw .cancelled
      }
    }
  }

  /// Runs what failed once more: one request.
  public func rerun(_ check: Check) async throws(ForgeError) {
    let call = "run '\(check.name)' again"
    if let run = check.workflowRunID {
      _ = try await client.change(
        "POST", path("actions", "runs", "\(run)", "rerun-failed-jobs"), nil, call,
        isRepeatable: false)
    } else if let run = check.runID {
      _ = try await client.change(
        "POST", path("check-runs", "\(run)", "rerequest"), nil, call, isRepeatable: false)
    } else {
      throw .refused(call: call, detail: "a commit status cannot be run again")
    }
  }
}

/// A GitHub Actions job that failed.
private struct FailedJob: Sendable {
  let name: String
  let url: String?
  let step: String?
  /// When the failed step ran; times are to the second, so a second more on both sides.
  let window: ClosedRange<Int>?

  init(_ reader: AnswerReader) throws(ForgeError) {
    name = try reader.name("name")
    url = reader.optionalName("html_url")
    let steps = reader.json["steps"]?.array ?? []
    let failed = steps.first {
      ["failure", "timed_out", "cancelled"].contains($0["conclusion"]?.string)
    }
    let step = failed.map { AnswerReader($0, "") }
    self.step = step?.optionalName("name")
    let times = (step?.time("started_at"), step?.time("completed_at"))
    if case (let start?, let end?) = times, start <= end {
      window = (start - 1000)...(end + 2000)
    } else {
      window = nil
    }
  }
}

/// A log that is being read: once in the window of the failed step, once as a whole.
private struct LogReading: Sendable {
  private var inWindow: LogTrimmer?
  private var whole = LogTrimmer()
  private var count = 0

  init(window: ClosedRange<Int>?) {
    inWindow = window.map { LogTrimmer(window: $0) }
  }

  /// Takes a piece; false if enough was read.
  mutating func add(_ piece: UnsafeRawBufferPointer) -> Bool {
    count += piece.count
    inWindow?.add(piece)
    whole.add(piece)
    return count < ForgeLimits.logBytes
  }

  /// The better of both: the window's if it says what went wrong.
  func finished() -> TrimmedLog {
    let isCutOff = count >= ForgeLimits.logBytes
    var (narrow, wide) = (inWindow, whole)
    if let log = narrow?.finish(isCutOff: isCutOff), log.firstError != nil { return log }
    return wide.finish(isCutOff: isCutOff)
  }
}
