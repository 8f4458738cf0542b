internal import Dashboard
internal import Dispatch
internal import Engine
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Draws what `orch run` shows: live lines on a terminal, plain lines otherwise.
final class RunLines: Sendable {
  private struct Drawing {
    var screen = RunScreen { Explanation.report(of: $0).text }
    var lineCount = 0
  }

  private let isQuiet: Bool
  private let isLive: Bool
  /// The file that the lines go to, each with its time; nil for a terminal or a pipe.
  private let log: RunLog?
  private let drawing = Mutex(Drawing())

  init(isQuiet: Bool, log: RunLog? = nil) {
    self.isQuiet = isQuiet
    self.log = log
    isLive = Output.isTerminal && !isQuiet && log == nil
  }

  /// Shows a report of the orchestrator.
  func show(_ report: RunReport) {
    guard !isQuiet else { return }
    drawing.withLock { drawing in
      let lines = drawing.screen.take(report, now: Session.clock(), isTerminal: isLive)
      if isLive { erase(&drawing) }
      if log != nil, !lines.isEmpty { log?.keepBounded() }
      let time = log == nil ? "" : Timestamp.text(Session.clock()) + " "
      for line in lines { Output.say(time + line) }
      if isLive { draw(&drawing) }
    }
  }

  /// Leaves the terminal clean.
  func finish() {
    guard isLive else { return }
    drawing.withLock { drawing in
      drawing.screen.clear()
      erase(&drawing)
    }
  }

  private func draw(_ drawing: inout Drawing) {
    let lines = drawing.screen.liveLines(now: Session.clock())
    for line in lines { Output.say(line) }
    drawing.lineCount = lines.count
  }

  private func erase(_ drawing: inout Drawing) {
    guard drawing.lineCount > 0 else { return }
    Output.write("\u{1B}[\(drawing.lineCount)A\u{1B}[J", to: 2)
    drawing.lineCount = 0
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
