import Foundation
import JSON
import TestSupport
import Testing

#if os(Linux)
  /// What is done around images that are built from the base's Dockerfile, with either engine.
  private struct ImageYard {
    let scratch = Scratch.current
    let play: Playground
    /// The folder of the engine's program.
    let programs: String

    /// A repository whose workers are in containers of one engine; `agent` begins after the prompt.
    init(engine: String, programs: String, agent: String) throws {
      self.programs = programs
      play = try Playground(
        agent: "cat > /dev/null\n" + agent,
        settings: "sandbox:\n  type: container\n  engine: \(engine)\n")
    }

    @discardableResult
    func orch(_ words: String...) throws -> CommandResult {
      try scratch.run(
        [BuiltProgram.orch] + words, in: "repo",
        environment: ["PATH": "\(programs):\(scratch.environment["PATH"] ?? "")"])
    }

    /// Puts files into the base.
    func merge(_ files: [String: String]) throws {
      for (name, text) in files { try scratch.write("repo/" + name, text) }
      try scratch.git("fetch", "-q", "origin", in: "repo")
      try scratch.git("add", "--force", "--", ".devcontainer", ".gitattributes", in: "repo")
      try scratch.git("commit", "-qm", "dev", in: "repo")
      try scratch.git("rebase", "-q", "origin/main", in: "repo")
      try scratch.git("push", "-q", "origin", "main", in: "repo")
    }

    /// Does one task, and returns it.
    func work(_ title: String) throws -> JSONValue {
      let id = try play.ok("task", "add", title, "--quiet")
      _ = try orch("run", "--until-idle")
      return try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    }

    /// When each image was last used, by its tag.
    func uses() throws -> [String: Int] {
      let folder = scratch["repo/.git/orch/images"]
      guard scratch.exists("repo/.git/orch/images") else { return [:] }
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      return Dictionary(
        uniqueKeysWithValues: try files.map { name in
          let json = try JSONValue(parsing: scratch.read("repo/.git/orch/images/\(name)"))
          return (try #require(json["tag"]?.string), try #require(json["used"]?.int))
        })
    }

    /// Lets days pass for an image.
    func age(_ tag: String, days: Int, engine: String) throws {
      let used = try #require(try uses()[tag]) - days * 86_400_000
      try scratch.write(
        "repo/.git/orch/images/\(engine)-\(tag).json",
        "{\"engine\":\"\(engine)\",\"tag\":\"\(tag)\",\"used\":\(used)}")
    }

    /// The folders that images were built from.
    func folders() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: scratch["repo/.git/orch"])
        .filter { $0.hasPrefix("build-") }
    }
  }

  @Suite(.scratch, .timeLimit(.minutes(30))) struct `Images that are built` {
    let scratch = Scratch.current

    private func yard() throws -> ImageYard {
      try StandInEngine.install(in: scratch)
      return try ImageYard(
        engine: "docker", programs: scratch["bin"],
        agent: "echo x > \"$ORCH_TASK_ID\"; git add .; git commit -qm work")
    }

    private func images() throws -> [String] {
      guard scratch.exists("images") else { return [] }
      return try FileManager.default.contentsOfDirectory(atPath: scratch["images"]).sorted()
    }

    private func builds() throws -> Int {
      try scratch.read("docker.log").split(separator: "\n").filter { $0.hasPrefix("build ") }.count
    }

    private func tag(_ image: String) -> String {
      image.split(separator: ":").last.map(String.init) ?? ""
    }

    @Test func `are built once for each state of the base's files, and go when nobody uses them`()
      throws
    {
      let yard = try yard()
      try yard.merge([
        ".devcontainer/devcontainer.json": "{\"build\": {\"dockerfile\": \"Dockerfile\"}}",
        ".devcontainer/Dockerfile": "FROM scratch\nCOPY note /note\n",
        ".devcontainer/note": "one\n",
        // What a released archive leaves out is there.
        ".gitattributes": ".devcontainer export-ignore\n",
      ])
      for title in ["One", "Two"] {
        let task = try yard.work(title)
        #expect(task["status"] == "done", "\(task.indentedText)")
      }
      #expect(try builds() == 1)
      let old = try #require(try images().first)
      try yard.merge([".devcontainer/note": "two\n"])
      #expect(try yard.work("Three")["status"] == "done")
      #expect(try builds() == 2 && images().count == 2)
      #expect(try yard.folders() == [])
      #expect(try Set(yard.uses().keys) == Set(images().map(tag)))

      // Somebody's image on top of orch's has its labels; another repository has orch's name.
      let text = try scratch.read("images/\(old)")
      try scratch.write("images/somebody%work:1", text)
      try scratch.write("images/localhost%orch-devcontainer:other", "orch.repository=other\n")
      let all = try images()
      #expect(try yard.orch("gc", "--days", "0").exitCode == 0)
      #expect(try images() == all, "used within the hour")
      try yard.age(tag(old), days: 6, engine: "docker")
      #expect(try yard.orch("gc").exitCode == 0)
      #expect(try images() == all, "used within the week")
      try yard.age(tag(old), days: 2, engine: "docker")
      let plan = try yard.orch("gc", "--dry-run")
      #expect(plan.output.contains("would remove 1 image built for containers"), "\(plan)")
      #expect(try images() == all)

      try scratch.write("image-in-use", "")
      let refused = try yard.orch("gc")
      #expect(refused.exitCode == 0 && !refused.output.contains("image"), "\(refused)")
      #expect(try images() == all && yard.uses().count == 2)
      try FileManager.default.removeItem(atPath: scratch["image-in-use"])
      let done = try JSONValue(parsing: yard.orch("gc", "--json").output)
      #expect(done["removed_images"]?.strings == ["localhost/orch-devcontainer:\(tag(old))"])
      #expect(try images() == all.filter { $0 != old })
      #expect(try yard.uses()[tag(old)] == nil && yard.uses().count == 1)

      // The one in use is built anew where it is gone.
      let current = try #require(try yard.uses().keys.first)
      try FileManager.default.removeItem(
        atPath: scratch["images/localhost%orch-devcontainer:\(current)"])
      #expect(try yard.work("Four")["status"] == "done")
      #expect(try builds() == 3)
    }

    @Test func `whose use nobody noted count as used when they are first seen`() throws {
      let yard = try yard()
      try yard.merge([
        ".devcontainer/devcontainer.json": "{\"dockerFile\": \"Dockerfile\"}",
        ".devcontainer/Dockerfile": "FROM scratch\n", ".gitattributes": "",
      ])
      #expect(try yard.work("One")["status"] == "done")
      let image = try #require(try images().first)
      try FileManager.default.removeItem(atPath: scratch["repo/.git/orch/images"])
      // A folder that a killed orch left, and one of a living process.
      try scratch.write("repo/.git/orch/build-999999999-1/files/a", "")
      try scratch.write("repo/.git/orch/build-\(getpid())-1/files/a", "")
      #expect(try yard.orch("gc", "--days", "0").exitCode == 0)
      #expect(try images() == [image])
      #expect(try yard.uses().keys.map { $0 } == [tag(image)])
      #expect(try yard.folders() == ["build-\(getpid())-1"])
      // Walls that were taken down since do not keep it.
      try yard.play.configure(agents: ["worker"], "")
      try yard.age(tag(image), days: 8, engine: "docker")
      #expect(try yard.orch("gc").output.contains("removed 1 image built for containers"))
      #expect(try images() == [] && yard.uses().isEmpty)
    }

    @Test func `and cannot be built stop the task with the engine's reason first`() throws {
      let yard = try yard()
      try yard.merge([
        ".devcontainer/devcontainer.json":
          "{\"build\": {\"dockerfile\": \"Dockerfile\", \"context\": \"..\"}}",
        ".devcontainer/Dockerfile": "FROM scratch\nCOPY README.md /x\nRUN make tools\n",
        ".gitattributes": "",
      ])
      let task = try yard.work("One")
      #expect(task["status"] == "blocked", "\(task.indentedText)")
      let reason = task["reason"]?.string ?? ""
      #expect(
        reason.contains(
          "cannot be built: ERROR: failed to solve: process \"/bin/sh -c make tools\""),
        "\(reason)")
      #expect(reason.contains("#5 0.1 compiling"), "\(reason)")
      #expect(reason.contains("docker build --file .devcontainer/Dockerfile ."), "\(reason)")
      #expect(try yard.folders() == [] && images() == [])
    }
  }

  @Suite(
    .scratch, .timeLimit(.minutes(30)), .serialized,
    .enabled(if: ContainerFixture.isThere, "podman and crun run no containers here"))
  struct `Images that podman builds` {
    let scratch = Scratch.current

    private func yard() throws -> ImageYard {
      try ImageYard(
        engine: "podman", programs: try #require(ContainerFixture.shared).programs,
        agent: """
          cat /etc/built > said
          sed -n 's| /data .*||p' /proc/self/mounts >> said; touch /data/written
          git add said; git commit -qm work
          """)
    }

    private func exists(_ tag: String) throws -> Bool {
      let program = try #require(ContainerFixture.shared).programs + "/podman"
      return try scratch.run([
        program, "image", "exists", "localhost/orch-devcontainer:\(tag)",
      ]).exitCode == 0
    }

    @Test func `from a Dockerfile with context, arguments and stages hold workers, and go`() throws
    {
      let base = try #require(ContainerFixture.shared).image
      let yard = try yard()
      try yard.merge([
        ".devcontainer/devcontainer.json": """
        { // As editors write it.
          "build": {"dockerfile": "Dockerfile", "context": "..", "target": "tools", "args": {"WHAT": "argument"}},
        }
        """,
        ".devcontainer/Dockerfile": """
        FROM \(base) AS first
        RUN echo from-the-first-stage > /stage
        FROM \(base) AS tools
        ARG WHAT=nothing
        VOLUME /data
        COPY README.md /etc/built
        COPY --from=first /stage /stage
        RUN cat /stage >> /etc/built; echo "$WHAT" >> /etc/built
        FROM \(base)
        RUN exit 1
        """,
        ".gitattributes": "README.md export-ignore\n",
      ])
      let task = try yard.work("One")
      #expect(task["status"] == "done", "\(task.indentedText)")
      try scratch.git("fetch", "-q", "origin", in: "repo")
      let said = try scratch.git("show", "origin/main:said", in: "repo")
      #expect(
        said.split(separator: "\n") == ["hello", "from-the-first-stage", "argument", "tmpfs"])
      let tag = try #require(try yard.uses().keys.first)
      #expect(try exists(tag) && yard.folders() == [])
      try yard.age(tag, days: 8, engine: "podman")
      let gone = try yard.orch("gc")
      #expect(gone.output.contains("removed 1 image built for containers"), "\(gone)")
      #expect(try !exists(tag) && yard.uses().isEmpty)
    }

    @Test func `are not, where a line of the Dockerfile fails, and that is said first`() throws {
      let base = try #require(ContainerFixture.shared).image
      let yard = try yard()
      try yard.merge([
        ".devcontainer/devcontainer.json": "{\"build\": {\"dockerfile\": \"Dockerfile\"}}",
        ".devcontainer/Dockerfile": "FROM \(base)\nRUN echo no compiler here >&2; exit 3\n",
        ".gitattributes": "",
      ])
      let task = try yard.work("One")
      #expect(task["status"] == "blocked", "\(task.indentedText)")
      let reason = task["reason"]?.string ?? ""
      #expect(reason.contains("'.devcontainer/Dockerfile' cannot be built: Error: "), "\(reason)")
      #expect(reason.contains("exit status 3"), "\(reason)")
      #expect(reason.contains("no compiler here"), "\(reason)")
      #expect(reason.contains("podman build --file .devcontainer/Dockerfile"), "\(reason)")
    }
  }
#endif
