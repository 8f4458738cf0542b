internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import JSON

/// The command `orch top`.
struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Watch the work that goes on elsewhere, on a live screen.",
    discussion: """
      It only looks: an orchestrator in the background, in another terminal or on another machine does the work. \
      'q' or an interrupt ends it. Without a terminal it prints one page and ends; '--json' is who is at work.
      """)

  @Flag(help: "Print one page and end.") var once = false
  @OptionGroup var global: GlobalOptions

  /// How often keys and the state are looked at, in milliseconds.
  static let lookMilliseconds: Int32 = 200
  /// How many looks apart two pages are when nothing has changed but the clock.
  static let looksPerPage = 5

  func run() throws {
    let session = try Session(global, configured: false)
    let look = try TopLook(session)
    if global.json { return Output.print(json(try look.view())) }
    guard !once, Output.hasScreen else {
      let lines = TopScreen.lines(try look.view(), width: .max, height: 200)
      return Output.print(lines.joined(separator: "\n"))
    }
    // What cannot be read at all is said before the screen is taken.
    _ = try look.view()
    watch(session, look)
  }

  private func watch(_ session: Session, _ look: TopLook) {
    let terminal = Terminal()
    let signals = StopSignals { _ in }
    var drawn: [String] = []
    var seen: String?
    var looks = 0
    while !signals.wasStopped {
      let tip = (try? News.tip(of: session))?.hex
      if tip != seen || looks % Self.looksPerPage == 0 {
        seen = tip
        let size = Terminal.size
        let lines = page(look, size)
        if lines != drawn { terminal.draw(lines) }
        drawn = lines
      }
      looks += 1
      let key = terminal.key(milliseconds: Self.lookMilliseconds)
      if key == UInt8(ascii: "q") || key == 4 { break }
    }
    terminal.close()
  }

  /// The lines of now; where they cannot be read for a moment, why.
  private func page(_ look: TopLook, _ size: (width: Int, height: Int)) -> [String] {
    do {
      let lines = TopScreen.lines(try look.view(), width: size.width, height: size.height)
      return lines + ["q ends"]
    } catch {
      return [Explanation.report(of: error).sentence, "q ends"]
    }
  }

  private func json(_ view: TopView) -> JSONValue {
    let workers = view.workers.map { worker in
      JSONValue.compact([
        "task": .string(worker.task), "title": .string(worker.title),
        "agent": .string(worker.agent), "attempt": .number(worker.attempt),
        "host": worker.host.map(JSONValue.string),
        "started_at": .string(Timestamp.text(worker.startedAt)),
        "cost_usd": worker.costUSD.map(JSONValue.double),
        "doing": worker.doing.isEmpty ? nil : .string(worker.doing),
      ])
    }
    return [
      "at": .string(Timestamp.text(view.now)), "workers": .array(workers),
      "orchestrator": RunNotice.json(near: global.folder),
    ]
  }
}
