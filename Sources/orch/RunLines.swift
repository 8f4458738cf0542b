internal import Dispatch
internal import Engine
internal import Synchronization
internal import Workflow

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What `orch run` prints: a live line for each worker on a terminal, plain lines otherwise.
final class RunLines: Sendable {
  private struct Live {
    var title: String
    var agent: String
    var phase: String
    var since: Int
  }

  private struct Screen {
    var live: [String: Live] = [:]
    var drawnLines = 0
  }

  private let isQuiet: Bool
  private let isLive: Bool
  private let screen = Mutex(Screen())

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    isLive = Output.isTerminal && !isQuiet
  }

  /// Shows a report of the orchestrator.
  func show(_ report: RunReport) {
    guard !isQuiet else { return }
    switch report {
    case .began(let effect, let title):
      set(effect.task) { live in
        live = live ?? Live(title: title, agent: "", phase: "", since: Session.clock())
        live?.phase = effect.step
      }
      guard !isLive else { return redraw() }
      if effect.isWorthALine { line("\(effect.task.prefix(6)) \(effect.step): \(title)") }
    case .ended(let effect, let title):
      set(effect.task) { $0 = nil }
      if effect.isWorthALine || !isLive {
        line("\(effect.task.prefix(6)) \(effect.step) ended: \(title)")
      }
    case .failed(let effect, let title, let error):
      set(effect.task) { $0 = nil }
      line("\(effect.task.prefix(6)) \(effect.step) failed: \(title)")
      line(
        "  " + Explanation.report(of: error).text.split(separator: "\n").joined(separator: "\n  "))
    case .remoteUnreachable(let error):
      line("the remote cannot be reached: \(Explanation.report(of: error).sentence)")
    case .progress(let task, let title, let attempt, let text):
      set(task) { live in
        live = live ?? Live(title: title, agent: "", phase: "", since: attempt.startedAt)
        live?.agent = attempt.agent
        live?.phase = String(text.prefix(60))
      }
      if isLive { redraw() }
    }
  }

  /// Leaves the terminal clean.
  func finish() {
    guard isLive else { return }
    screen.withLock { screen in
      screen.live = [:]
      draw(&screen)
    }
  }

  private func set(_ task: String, _ change: (inout Live?) -> Void) {
    screen.withLock { change(&$0.live[task]) }
  }

  private func line(_ text: String) {
    guard isLive else { return Output.say(text) }
    screen.withLock { screen in
      erase(&screen)
      Output.say(text)
      draw(&screen)
    }
  }

  private func redraw() { screen.withLock { draw(&$0) } }

  private func draw(_ screen: inout Screen) {
    erase(&screen)
    let now = Session.clock()
    for (task, live) in screen.live.sorted(by: { $0.key < $1.key }) {
      let time = Timestamp.duration(now - live.since)
      let text = "\(task.prefix(6)) \(live.title.prefix(30))  \(live.agent) \(time)  \(live.phase)"
      Output.write(String(text.filter { $0 >= " " }.prefix(100)) + "\n", to: 2)
      screen.drawnLines += 1
    }
  }

  private func erase(_ screen: inout Screen) {
    guard screen.drawnLines > 0 else { return }
    Output.write("\u{1B}[\(screen.drawnLines)A\u{1B}[J", to: 2)
    screen.drawnLines = 0
  }
}

extension Effect {
  /// True for steps that a person wants to read of.
  fileprivate var isWorthALine: Bool {
    switch self {
    case .start, .publish, .check, .rebase, .merge, .block, .askPerson: true
    case .route, .supervise, .cleanUp, .resume: false
    }
  }
}

/// Interrupt and terminate, counted.
final class StopSignals {
  private final class Counter: Sendable {
    let count = Mutex(0)
  }

  private let counter = Counter()
  private var sources: [any DispatchSourceSignal] = []

  /// True once a signal has come.
  var wasStopped: Bool { counter.count.withLock { $0 > 0 } }

  /// Calls `stop` with the number of signals so far.
  init(_ stop: @escaping @Sendable (Int) -> Void) {
    let counter = counter
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler {
        let total = counter.count.withLock {
          $0 += 1
          return $0
        }
        stop(total)
      }
      source.resume()
      sources.append(source)
    }
  }
}
