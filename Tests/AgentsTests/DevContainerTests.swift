import JSON
import Testing

@testable import Agents

@Suite struct `A devcontainer.json` {
  private func read(_ text: String, folder: String = ".devcontainer") throws -> DevContainer {
    try DevContainer(text, folder: folder, worktree: "/w/tree")
  }

  private func problem(_ text: String) -> String {
    do {
      return "taken: \(try read(text))"
    } catch {
      return (error as? DevContainer.Problem)?.text ?? "\(error)"
    }
  }

  @Test func `may have comments and trailing commas, as editors write it`() throws {
    let file = try read(
      """
      // The image.
      {
        "image": "example/dev:1", /* a block, with "quotes", and
           a second line */
        "containerEnv": { "URL": "http://x/*no*/,}", "B": "a \\" // no", },
        "postCreateCommand": ["make", "it's", ],
      }
      // end
      """)
    #expect(file.image == "example/dev:1")
    #expect(file.variables == ["URL": "http://x/*no*/,}", "B": "a \" // no"])
    #expect(file.setup == ["'make' 'it'\\''s'"])
    #expect(file.notes == [])
  }

  @Test(arguments: [
    "{", "[]", "", "{\"image\": }", "{} /* open", "\"image\"", "{\"image\": \"a\",,}",
  ])
  func `that cannot be read is refused, with why`(text: String) {
    let said = problem(text)
    #expect(!said.hasPrefix("taken"), "\(said)")
    #expect(
      said.contains("cannot be read") || said.contains("names neither")
        || said.contains("no object"))
  }

  @Test(
    arguments: [
      ("\"privileged\": true", "privileged"), ("\"runArgs\": [\"--privileged\"]", "runArgs"),
      ("\"capAdd\": [\"SYS_PTRACE\"]", "capAdd"),
      ("\"securityOpt\": [\"seccomp=unconfined\"]", "securityOpt"),
      ("\"initializeCommand\": \"rm -rf /\"", "initializeCommand"),
      ("\"dockerComposeFile\": \"c.yml\"", "dockerComposeFile"),
      ("\"mounts\": [\"source=/,target=/host,type=bind\"]", "mounts '/'"),
      (
        "\"mounts\": [{\"source\": \"cache\", \"target\": \"/c\", \"type\": \"volume\"}]",
        "mounts 'cache'"
      ),
      ("\"mounts\": [\"type=tmpfs,target=/etc\"]", "mounts"), ("\"mounts\": [\"=\"]", "mounts"),
      ("\"workspaceMount\": \"source=/,target=/w,type=bind\"", "workspaceMount"),
      ("\"workspaceFolder\": \"/proc/1\"", "workspaceFolder"),
      ("\"workspaceFolder\": \"/a/../etc\"", "workspaceFolder"),
      ("\"workspaceFolder\": \"/run/orch/lib\"", "workspaceFolder"),
      ("\"build\": {\"dockerfile\": \"../../Dockerfile\"}", "outside"),
      ("\"build\": {\"dockerfile\": \"Dockerfile\", \"context\": \"/\"}", "outside"),
      ("\"build\": {\"dockerfile\": \"D\", \"options\": [\"--network=host\"]}", "build.options"),
    ])
  func `that widens what a worker reaches is refused`(line: String, word: String) {
    let said = problem("{\"image\": \"i\", \(line)}")
    #expect(said.contains(word) && !said.hasPrefix("taken"), "\(said)")
  }

  @Test func `that says the same without widening anything is taken`() throws {
    let file = try read(
      """
      {"image": "i", "privileged": false, "runArgs": [], "capAdd": [], "mounts": [],
       "workspaceMount": "source=${localWorkspaceFolder},target=/workspace,type=bind",
       "workspaceFolder": "/workspace"}
      """)
    #expect(file.workspace == "/workspace")
  }

  @Test func `gives its variables, user, folders and lines, with what they name filled in`() throws
  {
    let file = try read(
      """
      {"image": "i", "workspaceFolder": "/work/${localWorkspaceFolderBasename}",
       "containerEnv": {"A": "${containerWorkspaceFolder}/a", "TOKEN": "${localEnv:TOKEN}",
         "PATH": "${containerEnv:PATH}:/x", "E": "${localEnv:NONE:else}"},
       "remoteEnv": {"A": "b", "N": null}, "containerUser": "root", "remoteUser": "dev",
       "mounts": ["type=tmpfs,target=/cache"],
       "postCreateCommand": {"b": "two ${containerWorkspaceFolder}", "a": ["one", "x y"]},
       "onCreateCommand": "zero", "features": {"f": {}}, "postStartCommand": "x", "odd": 1}
      """)
    #expect(file.variables == ["A": "b", "PATH": "${containerEnv:PATH}:/x", "E": "else"])
    #expect(file.user == "dev" && file.workspace == "/work/tree" && file.inMemory == ["/cache"])
    #expect(file.setup == ["zero", "'one' 'x y'", "two /work/tree"])
    #expect(
      file.notes == [
        "'containerEnv.TOKEN' is not set: it reads a variable of this machine",
        "'features' is not used", "'odd' is not used", "'postStartCommand' is not used",
      ])
  }

  @Test func `builds from files of the repository`() throws {
    let file = try read(
      "{\"build\": {\"dockerfile\": \"Dockerfile\", \"context\": \"..\", \"target\": \"dev\", \"args\": {\"V\": \"1\"}}}"
    )
    #expect(
      file.build
        == DevContainer.Build(
          file: ".devcontainer/Dockerfile", context: "", target: "dev", arguments: ["V": "1"]))
    let old = try read("{\"dockerFile\": \"./d/../Dockerfile\"}", folder: "")
    #expect(old.build == DevContainer.Build(file: "Dockerfile", context: ""))
  }
}
