import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A board of GitHub` {
  let scratch = Scratch.current

  private func playground(_ more: String = "", _ board: [String: JSONValue] = [:]) throws
    -> GitHubPlayground
  {
    let hub = try GitHubPlayground(
      ci: "true", settings: "  project:\n    board: acme/7\n" + more)
    let project: [String: JSONValue] = ["op": "board", "number": 7]
    try hub.control(.object(project.merging(board) { $1 }))
    return hub
  }

  /// The columns that a card was moved to, in their order.
  private func moves(_ hub: GitHubPlayground, of card: String) throws -> [String] {
    (try hub.state()["moves"]?.strings ?? []).filter { $0.hasPrefix(card + " ") }
      .map { String($0.dropFirst(card.count + 1)) }
  }

  private func work(_ hub: GitHubPlayground, _ title: String) throws -> (card: String, said: String)
  {
    let number = try hub.issue(title)
    try hub.play.ok("task", "add", title, "--issue", "\(number)")
    let run = try hub.play.orch("run", "--until-idle")
    #expect(run.exitCode == 0, "\(run.errorOutput)")
    return ("I_\(number)", run.errorOutput)
  }

  @Test func `shows where the task of an issue stands, and is asked nothing while that is so`()
    throws
  {
    let hub = try playground()
    defer { hub.stop() }
    let (card, said) = try work(hub, "Paint")
    #expect(!said.contains("the board"), "\(said)")
    let moves = try moves(hub, of: card)
    #expect(moves.last == "Done", "\(moves)")
    #expect(moves.contains("In Progress"))
    // Each column once, in the board's order.
    #expect(moves == ["Todo", "In Progress", "Done"].filter(moves.contains), "\(moves)")
    // The project once, the card once, each move once.
    let asked = try hub.state()["board_requests"]?.int ?? 0
    #expect(asked == 2 + moves.count)
    // Where a person puts a card, it stays until its task moves on; a restart asks nothing.
    try hub.control(["op": "board", "card": .string(card), "column": "Todo"])
    try hub.play.ok("run", "--until-idle")
    #expect(try hub.state()["board_requests"]?.int == asked)
    #expect(try hub.state()["cards"]?[card] == "Todo")
    // Without its memory, nothing that is over comes back.
    _ = try scratch.run(["rm", "repo/.git/orch/board.json"])
    try hub.play.ok("run", "--until-idle")
    #expect(try hub.state()["board_requests"]?.int == asked)
    #expect(try hub.state()["problems"]?.strings == [])
  }

  @Test func `has the pull request's card where there is no issue`() throws {
    let hub = try playground()
    defer { hub.stop() }
    try hub.play.ok("task", "add", "Paint")
    try hub.play.ok("run", "--until-idle")
    #expect(try moves(hub, of: "PR_1").last == "Done")
  }

  @Test func `that the token may not change is told of once, and holds up nothing`() throws {
    let hub = try playground("", ["open": false])
    defer { hub.stop() }
    let (card, said) = try work(hub, "Paint")
    #expect(try hub.pulls().first?["state"] == "MERGED")
    let words = "the token may not change project acme/7, it needs the scope 'project'"
    #expect(said.components(separatedBy: words).count == 2, "\(said)")
    #expect(try moves(hub, of: card) == [])
    try hub.control(["op": "board", "open": true])
    let (next, silent) = try work(hub, "Clean")
    #expect(!silent.contains("the board"), "\(silent)")
    #expect(try moves(hub, of: next).last == "Done")
  }

  @Test func `without the column that is configured says which it has, and moves the others`()
    throws
  {
    let hub = try playground("    options:\n      done: Shipped\n      in_review: \"\"\n")
    defer { hub.stop() }
    let (card, said) = try work(hub, "Paint")
    #expect(said.contains("'Status' has no 'Shipped', only: Done, In Progress, Todo"), "\(said)")
    #expect(try moves(hub, of: card).last == "In Progress")
    #expect(try hub.play.tasks().first?["status"] == "done")
    // Somebody makes the field anew, with that column.
    try hub.control([
      "op": "board", "options": ["Todo", "In Progress", "Shipped"], "generation": "new",
    ])
    try hub.play.ok("run", "--until-idle")
    #expect(try moves(hub, of: card).last == "Shipped")
    let (next, _) = try work(hub, "Clean")
    #expect(try moves(hub, of: next).last == "Shipped")
  }

  @Test func `that is not there, or is called otherwise, is told of in words`() throws {
    let hub = try playground("    field: Stage\n")
    defer { hub.stop() }
    #expect(try work(hub, "Paint").said.contains("it has no single-select field 'Stage'"))
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml", settings.replacingOccurrences(of: "acme/7", with: "acme/8"))
    let said = try work(hub, "Clean").said
    #expect(said.contains("could not read project acme/8: not found"), "\(said)")
    try scratch.write(
      "repo/.orch.yml", settings.replacingOccurrences(of: "acme/7", with: "seven"))
    let wrong = try hub.play.orch("run", "--until-idle")
    #expect(wrong.errorOutput.contains("expected owner and number of a project: 'acme/7'"))
  }
}
