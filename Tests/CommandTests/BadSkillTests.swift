import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `A required skill that is not there` {
  let scratch = Scratch.current

  @Test func `blocks its task at the first attempt, in words, until it is written`() throws {
    let play = try Playground()
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(
        of: "workflow:\n", with: "workflow:\n  required_skills: [house-rules]\n"))
    let foretold = try play.orch("doctor")
    #expect(foretold.exitCode == 1)
    #expect(
      foretold.output.contains("BAD  the required skill 'house-rules' does not exist"),
      "\(foretold)")
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("run", "--until-idle")
    let blocked = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(blocked["status"] == "blocked", "\(blocked.indentedText)")
    #expect(blocked["attempts"]?.array?.count == 1)
    #expect(blocked["attempts"]?.array?.first?["failure"] == "misconfigured")
    #expect(
      blocked["reason"]
        == """
        the prompt could not be made: the required skill 'house-rules' does not exist \
        (write 'skills/house-rules/SKILL.md', or change 'workflow.required_skills')
        """)
    // One try and no more: the diary has one beginning and one end.
    let diary = try play.diary().joined(separator: "\n")
    #expect(diary.components(separatedBy: "attempt 1").count == 3, "\(diary)")

    try scratch.write(
      "repo/skills/house-rules/SKILL.md",
      "---\nname: house-rules\ndescription: how we write\n---\n\nBe brief.\n")
    #expect(try !play.orch("doctor").output.contains("required skill"))
    try play.ok("task", "retry", id)
    try play.ok("run", "--until-idle")
    let done = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(done["status"] == "done", "\(done.indentedText)")
  }
}
