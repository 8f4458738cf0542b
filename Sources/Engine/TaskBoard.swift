public import Workflow

/// A board on which people see where tasks stand.
public protocol TaskBoard: Sendable {
  /// Shows where tasks stand; what is shown already costs nothing.
  ///
  /// What kept a card from its place is returned in words, after all others were moved; nil if nothing did.
  func show(_ cards: [BoardCard]) async -> String?
}

/// A task as a board shows it.
public struct BoardCard: Sendable, Hashable {
  /// The task.
  public var task: String
  /// The number of its issue, else of its pull request.
  public var number: Int
  /// Where it stands.
  public var status: TaskStatus

  /// All parts.
  public init(task: String, number: Int, status: TaskStatus) {
    self.task = task
    self.number = number
    self.status = status
  }

  /// The card of a task; nil if it has neither issue nor pull request.
  init?(_ task: TaskView) {
    guard let number = task.issue ?? task.pullRequest?.number else { return nil }
    self.init(task: task.id, number: number, status: task.status)
  }
}

/// What a board was last told, and what became of it.
struct BoardMemory {
  /// How long a board is left alone that could not be told, in milliseconds.
  static let restMilliseconds = 300_000
  /// How long the end of a run waits for a board, in milliseconds.
  static let endMilliseconds = 10_000

  private var told: [BoardCard]?
  private var restsUntil = 0
  private var complaint: String?
  /// What is being told.
  var telling: Task<Void, Never>?

  /// True if these are to be told now.
  func isDue(_ cards: [BoardCard], at now: Int) -> Bool {
    telling == nil && cards != told && now >= restsUntil
  }

  /// Notes that these were told.
  mutating func end(_ cards: [BoardCard]) {
    told = cards
    complaint = nil
    restsUntil = 0
  }

  /// Notes why not all could be told; true if that was not said before.
  mutating func fail(_ sentence: String, at now: Int) -> Bool {
    restsUntil = now + Self.restMilliseconds
    defer { complaint = sentence }
    return sentence != complaint
  }
}

extension Orchestrator {
  /// Tells the board where tasks stand, beside everything else: what goes wrong there is said once and holds up nothing.
  func showBoard(_ views: some Collection<TaskView>) {
    guard let board = options.board else { return }
    let cards = views.compactMap { BoardCard($0) }.sorted { $0.task < $1.task }
    guard self.board.isDue(cards, at: options.clock()) else { return }
    self.board.telling = Task {
      ended(cards, await board.show(cards))
    }
  }

  private func ended(_ cards: [BoardCard], _ problem: String?) {
    board.telling = nil
    guard let problem else { return board.end(cards) }
    if board.fail(problem, at: options.clock()) {
      report(.note("the board: \(problem); work goes on without it"))
    }
    wake.yield()
  }

  /// Waits a moment for what is being told.
  func finishBoard() async {
    await waitForBoard()
    if let views = try? await tasks.all().values { showBoard(views) }
    await waitForBoard()
  }

  private func waitForBoard() async {
    guard let telling = board.telling else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await telling.value }
      group.addTask { try? await Task.sleep(for: .milliseconds(BoardMemory.endMilliseconds)) }
      await group.next()
      telling.cancel()
      group.cancelAll()
    }
  }
}
