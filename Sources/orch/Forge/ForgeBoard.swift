internal import Engine
internal import Forge
internal import JSON
internal import Settings
internal import Workflow

/// The project of a forge whose cards follow tasks.
///
/// What the forge calls things, and where each card was put last, is kept in a file: nothing is asked while no task
/// changes its column, not after a restart either. Where a person puts a card it stays until then.
actor ForgeBoard: TaskBoard {
  /// The most cards that are moved at a time: the rest follows.
  static let maximumMoves = 50

  private let source: ForgeSource
  private let settings: ProjectSettings
  private let needed: String
  private let file: BoardFile
  private var known: BoardFile.Content?

  /// A board; `needed` is what a token must have to move cards, in words.
  init(_ source: ForgeSource, _ settings: ProjectSettings, needed: String, file: BoardFile) {
    self.source = source
    self.settings = settings
    self.needed = needed
    self.file = file
  }

  func show(_ cards: [BoardCard]) async -> String? {
    let name = "\(settings.board ?? "") \(settings.field)"
    var content = known ?? file.read()
    if content.board != name { content = BoardFile.Content(board: name) }
    let before = content
    var problem: String?
    do {
      problem = try await move(cards, &content)
    } catch {
      problem = words(error)
      // What the forge calls things may have changed: the next time it is asked.
      if case ForgeError.limited = error {} else { content.names = nil }
    }
    known = content
    if content != before { file.write(content) }
    return problem
  }

  /// Moves the cards that are not in their columns; what is in the way of some, in words.
  private func move(
    _ cards: [BoardCard], _ content: inout BoardFile.Content
  ) async throws -> String? {
    let moves = cards.filter { isToMove($0, content) }
    guard !moves.isEmpty else { return nil }
    guard let boards = try await source.forge() as? any ProjectBoards else {
      return "this forge has no projects"
    }
    var problem: String?
    var isFresh = false
    for card in moves.prefix(Self.maximumMoves) {
      problem = try await move(card, boards, &content, &isFresh) ?? problem
    }
    return problem
  }

  /// Moves a card; what is in its way, in words.
  ///
  /// What is remembered may be outdated: it is asked once more then.
  private func move(
    _ card: BoardCard, _ boards: any ProjectBoards, _ content: inout BoardFile.Content,
    _ isFresh: inout Bool
  ) async throws -> String? {
    guard let option = settings.option(for: card.status.rawValue), let place = settings.place else {
      return nil
    }
    var names = content.names
    if names == nil {
      names = try await boards.boardNames(
        owner: place.owner, number: place.number, field: settings.field)
      content.names = names
      isFresh = true
    }
    guard let names else { return nil }
    guard let id = names.options[option] else {
      if !isFresh {
        content.names = nil
        return try await move(card, boards, &content, &isFresh)
      }
      // The card stays known: it is moved as soon as there is such a column.
      let all = names.options.keys.sorted().joined(separator: ", ")
      let call = "move a card of project \(settings.board ?? "")"
      let detail = "'\(settings.field)' has no '\(option)', only: \(all)"
      return words(ForgeError.refused(call: call, detail: detail))
    }
    let isRemembered = !isFresh || content.cards[card.task] != nil
    do throws(ForgeError) {
      try await put(card, in: option, id, names, boards, &content)
      return nil
    } catch {
      switch error {
      // Of this card alone, unless the board was made anew: its issue is gone, or the card was archived.
      case .notFound, .refused:
        content.cards[card.task] = nil
        guard isRemembered else { return words(error) }
        if !isFresh { content.names = nil }
        return try await move(card, boards, &content, &isFresh)
      default: throw error
      }
    }
  }

  private func put(
    _ card: BoardCard, in option: String, _ id: String, _ names: BoardNames,
    _ boards: any ProjectBoards, _ content: inout BoardFile.Content
  ) async throws(ForgeError) {
    let old = content.cards[card.task]
    let item: String
    if let old, old.number == card.number {
      item = old.item
    } else {
      item = try await boards.card(of: card.number, on: names.project)
    }
    try await boards.move(item, on: names, to: id)
    content.cards[card.task] = .init(number: card.number, item: item, option: option)
  }

  /// True if a card is not where it belongs; what was over before it was ever shown stays where it is.
  private func isToMove(_ card: BoardCard, _ content: BoardFile.Content) -> Bool {
    guard let option = settings.option(for: card.status.rawValue) else { return false }
    guard let shown = content.cards[card.task] else { return !card.status.isTerminal }
    return shown.option != option || shown.number != card.number
  }

  private func words(_ error: any Error) -> String {
    if case ForgeError.notAllowed(_, _, let detail) = error {
      return
        "the token may not change project \(settings.board ?? ""), it needs \(needed): \(detail)"
    }
    let report = Explanation.report(of: error)
    return ([report.sentence] + report.hints.prefix(1)).joined(separator: "; ")
  }
}
