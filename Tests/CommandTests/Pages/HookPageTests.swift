import Foundation
import TestSupport
import Testing

/// Runs the blocks of shell commands that the pages of the manual show.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Pages of the manual` {
  private func blocks(_ page: String) throws -> [String] {
    let path = BuiltProgram.sourceRoot + "/docs/\(page).md"
    let text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
    return text.components(separatedBy: "```sh\n").dropFirst()
      .compactMap { $0.components(separatedBy: "```").first }
  }

  @Test(arguments: [
    (
      "hooks",
      [
        "Fix the login timeout", "Measure the reader with 10,000 names", "Say hello",
        "refuse names longer than 200 bytes",
      ]
    ),
    ("jobs", []),
  ])
  func `show commands that work, in their order`(page: String, titles: [String]) throws {
    let yard = try HookYard(installing: false)
    try yard.ok("init")
    try yard.git("push", "-q", "origin", "main")
    let blocks = try blocks(page)
    #expect(blocks.count > 1)
    for block in blocks {
      let result = try yard.scratch.run(
        ["sh", "-euc", block], in: yard.repo, environment: yard.environment)
      #expect(result.exitCode == 0, "\(block)\n\(result)")
    }
    // The commit that is pushed to the inbox asks with its trailer, and is known already.
    #expect(try yard.titles() == titles)
  }

  @Test func `show configuration that is read`() throws {
    let text = try String(
      contentsOf: URL(fileURLWithPath: BuiltProgram.sourceRoot + "/docs/jobs.md"), encoding: .utf8)
    let block = try #require(
      text.components(separatedBy: "```yaml\n").dropFirst().first?
        .components(separatedBy: "```").first)
    let play = try Playground(settings: block)
    let list = try play.ok("job", "list")
    #expect(list.contains("nightly") && list.contains("runs './scripts/backup'"), "\(list)")
  }
}
