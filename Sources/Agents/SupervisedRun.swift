internal import CPlatform
internal import JSON
internal import Redaction

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One agent process from start to end.
struct SupervisedRun {
  /// How often the world is looked at while nothing is printed, in milliseconds.
  static let tickMilliseconds: Int64 = 100
  /// The same for an agent that has closed its output and is about to end.
  static let shortTickMilliseconds: Int64 = 5
  /// How many short ticks there are before the ordinary ones.
  static let maximumShortTicks = 200
  /// How long output is still read after the agent has ended by itself, in milliseconds.
  static let drainMilliseconds: Int64 = 2000
  /// The most that is read once all writers are dead, in bytes: more than a pipe holds.
  static let maximumDrainBytes = 4 << 20
  /// The part of standard error that is kept with the end, in bytes.
  static let errorTailBytes = 16 << 10
  /// The size at which the log of standard error is begun anew, in bytes.
  static let errorLogBytes = 1 << 20

  let launch: WorkerLaunch
  let directory: RunDirectory
  private let startedAt = wallMilliseconds()
  private var output: AgentOutput
  private var errorLog: BoundedLog?
  private var errorTail: [UInt8] = []
  private var errorRedaction: RedactionStream
  private var child: pid_t = 0
  private var status: Int32?
  private var reason = WorkerExit.Reason.exited
  private var teardown: Teardown?
  private var clock: WorkClock
  private var progress: ProgressWriter
  private var nextLookAt: Int64 = 0
  private var resources: ResourceWatch
  private var limit: String?
  private var isWaiting = false
  private var fence = WorkFence()
  private var descendants: DescendantRecord
  private var group: ControlGroup?

  init(launch: WorkerLaunch, directory: RunDirectory) {
    self.launch = launch
    self.directory = directory
    let redactor = launch.redactor
    output = AgentOutput(launch: launch, redactor: redactor, directory: directory)
    errorRedaction = RedactionStream(redactor)
    errorLog = BoundedLog(
      path: directory.errors, olderPath: directory.olderErrors, partBytes: Self.errorLogBytes)
    clock = WorkClock(
      now: orch_monotonic_ms(), longestWait: Int64(launch.waitSeconds) * 1000)
    descendants = DescendantRecord(directory)
    resources = ResourceWatch(launch.limits, now: orch_monotonic_ms())
    progress = ProgressWriter(path: directory.progress, bell: launch.bell)
  }

  /// Starts the agent, sees it to its end, and ends what it left behind.
  mutating func run() -> WorkerExit {
    var outputPipe: [Int32] = [-1, -1]
    var errorPipe: [Int32] = [-1, -1]
    let pipes = [orch_pipe(&outputPipe), orch_pipe(&errorPipe)]
    if let number = pipes.first(where: { $0 != 0 }) { return failed("no pipe", number) }
    let input = orch_open(launch.inputFile ?? "/dev/null", O_RDONLY, 0)
    guard input >= 0 else { return failed("the prompt cannot be read", -input) }
    let proxy = launch.proxy.flatMap { AllowListProxy($0, log: Self.log) }
    guard (proxy == nil) == (launch.proxy == nil) else {
      return failed("the proxy's socket cannot be made", errno)
    }
    defer { proxy?.stop() }
    group = launch.controlGroup.flatMap { group in
      ControlGroupPlace(path: group.parent, limits: ControlGroupPlace.controllers).prepare()
      return group.make(launch.limits) ? group : nil
    }
    child = AgentProcess.start(
      .init(
        program: launch.program, arguments: launch.arguments,
        environment: launch.processEnvironment.merging([ProcessTree.marker: directory.path]) { $1 },
        directory: launch.directory, input: input, output: outputPipe[1], error: errorPipe[1],
        ignoresStop: launch.isSandboxed && launch.container == nil, largestFile: launch.largestFile,
        controlGroup: group?.processes ?? ""))
    for descriptor in [input, outputPipe[1], errorPipe[1]] { close(descriptor) }
    guard child > 0 else {
      group?.end()
      return couldNotStart(-child)
    }
    noteGroup()
    _ = directory.storeIdentity(agent: child)
    let open = watch(output: outputPipe[0], error: errorPipe[0])
    report(.ending, now: orch_monotonic_ms(), isForced: true)
    let leftovers = endEverything()
    for descriptor in open { drain(descriptor, isError: descriptor == errorPipe[0]) }
    output.finish()
    storeError(errorRedaction.finish())
    errorLog?.finish()
    return end(leftovers)
  }

  /// Says so if the worker did not get its control group: then it has today's looks alone.
  private mutating func noteGroup() {
    if launch.controlGroup == nil || group?.holds(child) == true { return }
    // One that has ended already is in no group.
    guard kill(child, 0) == 0, ProcessTree.entry(of: child)?.isZombie == false else { return }
    Self.log("no control group for the worker in '\(launch.controlGroup?.parent ?? "")'")
    group?.end()
    group = nil
  }

  /// Ends what the agent left behind, and returns it.
  private mutating func endEverything() -> [ProcessEntry] {
    guard let container = launch.container else {
      let killed = ProcessTree.killDescendants(group: child)
      if reason == .exited, let excess = group?.excess(launch.limits) {
        reason = .overLimit
        limit = excess
      }
      if group?.end() == false { Self.log("the worker's control group is not empty") }
      return killed
    }
    if !container.remove() { Self.log("container '\(container.name)' may still be there") }
    // What is left is the engine's own: a container ends with all that is in it.
    _ = ProcessTree.killDescendants(group: child)
    return []
  }

  /// Writes a line to the supervisor's own log.
  private static let log: @Sendable (String) -> Void = { line in
    _ = RunFile.append(Array((line + "\n").utf8), to: 2)
  }

  private func end(_ leftovers: [ProcessEntry]) -> WorkerExit {
    let code = status.map(orch_wait_exit_code) ?? -1
    let signal = status.map(orch_wait_signal) ?? 0
    var exit = WorkerExit(
      reason: reason, exitCode: code >= 0 ? Int(code) : nil,
      signal: signal > 0 ? Int(signal) : nil, report: output.report,
      errorText: String(decoding: errorTail, as: UTF8.self), leftovers: leftovers.count,
      endedAt: wallMilliseconds())
    exit.startedAt = startedAt
    exit.limit = limit
    exit.pictureID = launch.pictureID
    if reason == .exited, launch.container != nil, let line = memoryLine {
      exit.reason = .overLimit
      exit.limit = line
    } else if reason == .exited, let excess = resources.last() {
      exit.reason = .overLimit
      exit.limit = excess.text
    }
    exit.leftoverNames = leftovers.prefix(AgentReport.maximumEntries).map { "\($0.pid) \($0.name)" }
    return exit
  }

  /// What a container's first process said of memory that was used up; nil if it did not.
  private var memoryLine: String? {
    guard launch.limits.memoryBytes != nil else { return nil }
    return String(decoding: errorTail, as: UTF8.self).split(separator: "\n")
      .last { $0.hasPrefix(GateOfContainer.memoryLine) }.map(String.init)
  }

  private func failed(
    _ what: String, _ number: Int32, kind: AgentFailureKind = .other
  ) -> WorkerExit {
    var exit = WorkerExit(reason: .notStarted, endedAt: wallMilliseconds())
    let detail = number == 0 ? "" : ": \(String(cString: strerror(number)))"
    exit.report.failure = AgentFailure(kind, what + detail)
    exit.startedAt = startedAt
    return exit
  }

  /// The kernel gives one number for a missing program, its missing interpreter, a missing folder.
  private func couldNotStart(_ number: Int32) -> WorkerExit {
    let program = launch.program
    guard number == ENOENT else { return failed("'\(program)' cannot be started", number) }
    if !RunFile.exists(launch.directory) {
      return failed("the worktree '\(launch.directory)' is gone", 0)
    }
    if RunFile.exists(program) {
      return failed("the interpreter of '\(program)' is missing", 0, kind: .notInstalled)
    }
    return failed("'\(program)' cannot be started", number, kind: .notInstalled)
  }

  /// Reads and looks until the agent has ended and its output is read; returns what is still open.
  private mutating func watch(output outputPipe: Int32, error: Int32) -> [Int32] {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    var open = [outputPipe, error]
    var endedAt: Int64?
    var shortTicks = 0
    while true {
      var polls = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let isShort = open.isEmpty && status == nil && shortTicks < Self.maximumShortTicks
      shortTicks += isShort ? 1 : 0
      let tick = isShort ? Self.shortTickMilliseconds : Self.tickMilliseconds
      poll(&polls, nfds_t(polls.count), Int32(tick))
      for entry in polls where entry.revents != 0 {
        let count = systemRead(entry.fd, &buffer)
        if count > 0 {
          clock.noteOutput()
          take(buffer[..<count], isError: entry.fd == error)
        } else {
          close(entry.fd)
          open.removeAll { $0 == entry.fd }
        }
      }
      reap()
      let now = orch_monotonic_ms()
      if status != nil, endedAt == nil { endedAt = now }
      let drain = teardown == nil ? Self.drainMilliseconds : 0
      if let endedAt, open.isEmpty || now - endedAt >= drain { return open }
      if status == nil { enforce(now) }
      if teardown?.isGivenUp == true { return open }
      report(teardown == nil ? (isWaiting ? .waiting : .running) : .stopping, now: now)
    }
  }

  private mutating func take(_ bytes: ArraySlice<UInt8>, isError: Bool) {
    guard isError else { return output.take(bytes) }
    storeError(errorRedaction.append(Array(bytes)))
  }

  private mutating func storeError(_ bytes: [UInt8]) {
    errorLog?.append(bytes[...])
    errorTail = Array((errorTail + bytes).suffix(Self.errorTailBytes))
  }

  /// Reads what is left in a pipe whose writers have been killed.
  private mutating func drain(_ descriptor: Int32, isError: Bool) {
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    var read = 0
    while read < Self.maximumDrainBytes {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, 0) > 0 else { return }
      let count = systemRead(descriptor, &buffer)
      guard count > 0 else { return }
      take(buffer[..<count], isError: isError)
      read += count
    }
  }

  /// Collects ended processes: the agent's status is kept, adopted orphans are let go.
  private mutating func reap() {
    var ended: Int32 = 0
    while true {
      let pid = waitpid(-1, &ended, WNOHANG)
      guard pid > 0 else { return }
      if pid == child { status = ended }
    }
  }

  /// Looks for reasons to end the agent, and goes on with its end.
  private mutating func enforce(_ now: Int64) {
    guard now >= nextLookAt else { return }
    nextLookAt = now + Self.tickMilliseconds
    let isFenced = fence.look(
      at: now, group: child, container: launch.container, in: directory)
    isWaiting = directory.isWaiting || isFenced
    clock.look(at: now, isWaiting: isWaiting, isHeld: isFenced)
    descendants.look(at: now)
    if let cause = causeToStop(now) {
      if teardown == nil {
        reason = cause.reason
        // What may not run is killed where it stands.
        teardown = Teardown(
          graceSeconds: launch.graceSeconds, isUrgent: cause.isUrgent || isFenced, now: now)
      } else if cause.isUrgent {
        teardown?.hurry(now: now)
      }
    }
    // To the group, and to the agent alone only if it has left its group: it must not get two.
    if let signal = teardown?.signal(at: now), kill(-child, signal) != 0 { kill(child, signal) }
  }

  private mutating func causeToStop(_ now: Int64) -> (reason: WorkerExit.Reason, isUrgent: Bool)? {
    if let bytes = RunFile.read(directory.stop) {
      return (.stopped, String(decoding: bytes, as: UTF8.self).hasPrefix("kill"))
    }
    // Without its run directory nobody could look at this worker, or stop it.
    if Supervisor.isAskedToEnd || !RunFile.exists(directory.lock) { return (.stopped, false) }
    if clock.charged >= Int64(launch.timeoutSeconds) * 1000 { return (.timedOut, false) }
    if clock.silence >= Int64(launch.stallSeconds) * 1000 { return (.stalled, false) }
    if launch.isSpent(output.report) { return (.budget, false) }
    guard let excess = resources.look(now) else { return limit.map { _ in (.overLimit, false) } }
    limit = excess.text
    return (.overLimit, excess.isUrgent)
  }

  private mutating func report(
    _ phase: WorkerProgress.Phase, now: Int64, isForced: Bool = false
  ) {
    let charged = clock.charged
    let silence = clock.silence
    let launch = launch
    progress.write(now: now, isForced: isForced) {
      WorkerProgress(
        phase: phase, report: output.report, process: Int(child), bytes: output.bytes,
        lastOutputAt: wallMilliseconds() - Int(silence), chargedMilliseconds: Int(charged),
        chargedUSD: launch.charged(output.report).costUSD, writtenAt: wallMilliseconds())
    }
  }
}
