internal import Forge
internal import JSON

/// What the forge calls a board, and where its cards were put last; without the file all of it is asked again.
struct BoardFile: Sendable {
  /// What is known of a board.
  struct Content: Sendable, Hashable {
    /// Where a task's card was put last.
    struct Card: Sendable, Hashable {
      /// The issue or pull request.
      var number: Int
      /// What the forge calls the card.
      var item: String
      /// The column.
      var option: String
    }

    /// Which board.
    var board = ""
    /// What the forge calls it; nil if that is to be asked.
    var names: BoardNames?
    /// By task.
    var cards: [String: Card] = [:]
  }

  /// A longer file is not one of ours, in bytes.
  static let maximumBytes = 8 << 20

  private let file: ExchangedFile

  /// The file of a repository, by the folder that all its worktrees share.
  init(commonDirectory: String) {
    file = ExchangedFile(
      path: commonDirectory + "/orch/board.json", maximumBytes: Self.maximumBytes)
  }

  /// What is there; nothing if it cannot be read.
  func read() -> Content {
    var content = Content()
    guard let json = file.read().flatMap({ try? JSONValue(parsing: $0) }) else { return content }
    content.board = json["board"]?.string ?? ""
    if let project = json["project"]?.string, let field = json["field"]?.string {
      content.names = BoardNames(
        project: project, field: field,
        options: json["options"]?.object?.compactMapValues(\.string) ?? [:])
    }
    content.cards = (json["cards"]?.object ?? [:]).compactMapValues { card in
      guard let number = card["number"]?.int, let item = card["item"]?.string,
        let option = card["option"]?.string
      else { return nil }
      return Content.Card(number: number, item: item, option: option)
    }
    return content
  }

  /// Keeps it.
  func write(_ content: Content) {
    let json = JSONValue.compact([
      "board": .string(content.board), "project": content.names.map { .string($0.project) },
      "field": content.names.map { .string($0.field) },
      "options": content.names.map { .object($0.options.mapValues(JSONValue.string)) },
      "cards": .object(
        content.cards.mapValues { card in
          [
            "number": .number(card.number), "item": .string(card.item),
            "option": .string(card.option),
          ]
        }),
    ])
    file.write(json.canonicalBytes)
  }
}
