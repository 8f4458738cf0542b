import TestSupport
import Testing

@testable import Engine

@Suite struct `A sandboxed worker's repository` {
  @Test func `has the settings that its git needs, and no address, program or credential`() {
    let listed =
      "core.bare\nfalse\0core.hookspath\n/evil\0core.fsmonitor\n/evil\0user.name\nA \"B\" \\ C\0"
      + "remote.origin.url\nhttps://token@host/x\0credential.helper\nstore\0"
      + "merge.ours driver.driver\ntrue\0http.extraheader\nAuthorization: x\0core.ignorecase\0"
    #expect(
      PrivateRepository.configuration(listed) == """
        [core]
        \tbare = "false"
        [user]
        \tname = "A \\"B\\" \\\\ C"
        [merge "ours driver"]
        \tdriver = "true"
        [core]
        \tignorecase

        """)
  }

  @Test func `a program's folder is found from where it is installed`() {
    #expect(
      EffectRunner.installation(of: "/h/.nvm/v22/lib/node_modules/@a/claude/cli.js")
        == "/h/.nvm/v22")
    #expect(EffectRunner.installation(of: "/h/.local/bin/codex") == "/h/.local/bin")
    #expect(AgentNeeds.host(of: "https://u:p@h.example:81/v1") == "h.example:81")
    #expect(AgentNeeds.host(of: "nonsense") == nil)
  }
}
