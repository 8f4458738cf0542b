import ArgumentParser
import Foundation
import JSON
import TestSupport
import Testing

@testable import orch

@Suite(.scratch, .timeLimit(.minutes(30))) struct `orch as a server of tools` {
  let scratch = Scratch.current

  private let hello: JSONValue = [
    "protocolVersion": "2025-11-25", "capabilities": [:],
    "clientInfo": ["name": "test", "version": "1"],
  ]

  private func modern(_ version: String = "2026-07-28", _ more: [String: JSONValue] = [:])
    -> JSONValue
  {
    .object(
      more.merging([
        "_meta": [
          "io.modelcontextprotocol/protocolVersion": .string(version),
          "io.modelcontextprotocol/clientCapabilities": [:],
        ]
      ]) { $1 })
  }

  @Test func `shakes hands with older clients, in the newest revision that both know`() throws {
    try scratch.repository()
    let client = try ContextClient(scratch)
    for (asked, agreed) in [
      ("2025-11-25", "2025-11-25"), ("2025-06-18", "2025-06-18"), ("2024-11-05", "2024-11-05"),
      ("1999-01-01", "2025-11-25"), ("2026-07-28", "2025-11-25"),
    ] {
      let result = try #require(
        client.ask(
          "initialize", id: "a", ["protocolVersion": .string(asked), "capabilities": [:]])["result"]
      )
      #expect(result["protocolVersion"]?.string == agreed)
      #expect(result["capabilities"]?["tools"]?.object != nil)
      #expect(
        result["serverInfo"]?["name"] == "orch" && result["serverInfo"]?["version"]?.string != nil)
      #expect(result["instructions"]?.string?.contains("Do not edit files") == true)
    }
    try client.send("notifications/initialized", id: nil)
    #expect(try client.ask("ping", id: 2)["result"] == [:])
    // Nothing of the newest revision is in answers to older clients.
    #expect(try client.ask("tools/list", id: 3)["result"]?.object?.keys.sorted() == ["tools"])
    #expect(try client.close() == 0)
  }

  @Test func `answers newer clients without a handshake, and names what it speaks`() throws {
    try scratch.repository()
    let client = try ContextClient(scratch)
    let found = try #require(client.ask("server/discover", modern())["result"])
    #expect(found["supportedVersions"]?.strings?.first == "2026-07-28")
    #expect(found["resultType"] == "complete" && found["cacheScope"] == "public")
    #expect(found["ttlMs"]?.int ?? 0 > 0 && found["capabilities"]?["tools"] != nil)
    let list = try #require(client.ask("tools/list", modern())["result"])
    #expect(list["resultType"] == "complete" && list["ttlMs"] != nil && list["cacheScope"] != nil)
    #expect(list["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "orch")
    let call = try #require(
      client.ask("tools/call", modern("2026-07-28", ["name": "lessons", "arguments": [:]]))[
        "result"])
    #expect(call["resultType"] == "complete" && call["ttlMs"] == nil)
    let unknown = try #require(client.ask("tools/list", modern("1900-01-01"))["error"])
    #expect(unknown["code"] == -32022 && unknown["data"]?["requested"] == "1900-01-01")
    #expect(unknown["data"]?["supported"]?.strings?.contains("2025-11-25") == true)
  }

  @Test func `describes every tool so that a client can check what it sends, in few tokens`() throws
  {
    try scratch.repository()
    let client = try ContextClient(scratch)
    let answer = try client.ask("tools/list")
    let tools = try #require(answer["result"]?["tools"]?.array)
    #expect(tools.count == SeatTools.all.count && tools.count > 15)
    #expect(Set(tools.compactMap { $0["name"]?.string }).count == tools.count)
    // Two thousand tokens, for all of them, once in a conversation.
    #expect(answer.canonicalText.utf8.count < 10_000, "\(answer.canonicalText.utf8.count)")
    for tool in tools {
      let name = tool["name"]?.string ?? ""
      #expect(!name.isEmpty && name.allSatisfy { $0.isLetter && $0.isASCII })
      #expect((tool["description"]?.string?.count ?? 0) > 10)
      let schema = try #require(tool["inputSchema"]?.object)
      #expect(schema["type"] == "object" && schema["additionalProperties"] == false)
      let properties = try #require(schema["properties"]?.object)
      for (key, property) in properties {
        #expect(
          ["string", "integer", "array"].contains(property["type"]?.string), "\(name).\(key)")
        #expect(property["description"]?.string != nil)
      }
      for required in schema["required"]?.strings ?? [] { #expect(properties[required] != nil) }
      let notes = try #require(tool["annotations"]?.object)
      #expect(notes["readOnlyHint"]?.bool != nil && notes["destructiveHint"]?.bool != nil)
    }
    #expect(try client.ask("tools/list")["result"]?["tools"] == .array(tools))
  }

  @Test func `every tool is a command that orch has`() throws {
    for tool in SeatTools.all {
      var arguments: [String: JSONValue] = [:]
      for parameter in tool.parameters {
        let value: JSONValue =
          switch parameter.kind {
          case .text: "-rf --x"
          case .choice(let words): .string(words[0])
          case .number(let range): .number(range.lowerBound)
          case .texts: ["a", "--b"]
          }
        arguments[parameter.name] = value
      }
      for given in [
        arguments,
        arguments.filter { name, _ in
          tool.parameters.contains { $0.name == name && $0.isRequired }
        },
      ] {
        let words = try tool.words(.object(given), folder: "/x")
        #expect(throws: Never.self, "\(words)") { try OrchCommand.parseAsRoot(words) }
      }
    }
  }

  @Test func `plans, hands out, asks, answers and corrects, as the command line does`() async throws
  {
    let play = try Playground()
    try play.ok("init")
    let client = try ContextClient(scratch)
    _ = try client.ask("initialize", hello)
    let start = try client.call("brief")
    #expect(start.isGood && start.text.hasPrefix("no tasks yet\ncursor "))
    let cursor = String(start.text.split(separator: " ").last ?? "")
    let added = try client.call(
      "add",
      [
        "title": "-Fix the 'login' timeout\u{1B}[2J", "body": "It takes --long\nand \"more\" $HOME",
        "labels": ["no-agent", "ui"], "priority": 3,
      ])
    #expect(added.isGood, "\(added.text)")
    let task = try #require(try play.tasks().first)
    let id = try #require(task["id"]?.string)
    #expect(added.text.contains(id.prefix(6)))
    #expect(task["body"] == "It takes --long\nand \"more\" $HOME" && task["priority"] == 3)
    #expect(task["labels"]?.strings == ["no-agent", "ui"])
    #expect(try client.call("brief", ["since": .string(cursor)]).text.contains("-Fix the 'login'"))
    #expect(try client.call("show", ["task": .string(id)]).text.contains("new: -Fix"))
    #expect(try client.call("list", ["status": "new", "limit": 5]).text.contains(id.prefix(6)))
    #expect(try client.call("tell", ["task": .string(id), "text": "--quickly"]).isGood)
    let corrected = try client.call(
      "correct", ["task": .string(id), "text": "Never edit gen/", "scope": "path:gen/"])
    #expect(corrected.isGood && corrected.text.contains("path:gen/"), "\(corrected.text)")
    #expect(try client.call("teach", ["text": "Run the linter first"]).isGood)
    #expect(try client.call("lessons").text.contains("Run the linter first"))
    #expect(try client.call("cancel", ["task": .string(id), "why": "not wanted"]).isGood)
    #expect(try play.tasks().first?["status"] == "cancelled")
    // What it does is written down as the seat's.
    let log = try play.ok("task", "log", id)
    #expect(log.contains("seat (mcp)"), "\(log)")
    #expect(try client.close() == 0)
  }

  @Test func `tells the model what it did wrong, and the client what it did`() throws {
    let play = try Playground()
    try play.ok("init")
    let client = try ContextClient(scratch)
    let wrong: [(String, JSONValue, String)] = [
      ("show", ["task": "nothing"], "there is no task 'nothing'"),
      ("show", [:], "'task' is missing"), ("show", ["task": 7], "'task' must be a text"),
      ("add", ["title": "x", "colour": "red"], "there is no 'colour'"),
      ("add", ["title": "x", "labels": "a"], "'labels' must be a list of texts"),
      ("add", ["title": "x", "labels": [1]], "'labels' must be a list"),
      ("brief", ["since": "x", "wait": 100_000], "'wait' must be a whole number from 0 to 600"),
      ("list", ["status": "lost"], "'status' must be one of"),
      ("add", ["title": .string(String(repeating: "x", count: 70_000))], "longer than 65536"),
      ("approve", ["task": "x"], "error: there is no task"),
      ("teach", ["text": "x", "scope": "bad"], "'bad' is not a scope: it is repository"),
      ("brief", ["wait": 3], "--wait waits for a change after a cursor"),
    ]
    for (tool, arguments, part) in wrong {
      let answer = try client.call(tool, arguments)
      #expect(!answer.isGood && answer.text.contains(part), "\(tool): \(answer.text)")
      // How the command line is used does not concern a tool.
      #expect(!answer.text.contains("Usage"), "\(tool): \(answer.text)")
    }
    #expect(try client.ask("tools/call", ["name": "drop"])["error"]?["code"] == -32602)
    #expect(try client.ask("tools/call", [:])["error"]?["code"] == -32602)
    #expect(try client.ask("resources/list")["error"]?["code"] == -32601)
    let unreadable: [(String, JSONValue)] = [
      ("{", -32700), ("nonsense", -32700), ("7", -32600), ("{}", -32600),
      (#"{"jsonrpc":"1.0","id":null,"method":"ping"}"#, -32600),
      (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
    ]
    for (line, code) in unreadable {
      try client.send(line: line)
      #expect(try client.answer(to: .null)["error"]?["code"] == code, "\(line)")
    }
    try client.send(line: #"{"jsonrpc":"2.0","id":5,"method":"ping","params":[1]}"#)
    #expect(try client.answer(to: 5)["error"]?["code"] == -32600)
    // Empty lines, answers to nothing and unknown notifications are passed over; several may come in one line.
    try client.send(line: "")
    try client.send(line: #"{"jsonrpc":"2.0","id":9,"result":{}}"#)
    try client.send("notifications/whatever", id: nil)
    try client.send(
      line: #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]"#)
    #expect(try client.answer(to: 1)["result"] != nil && client.answer(to: 2)["result"] != nil)
    try client.send(line: String(repeating: "x", count: (4 << 20) + 10))
    #expect(try client.answer(to: .null)["error"]?["code"] == -32700)
    #expect(try client.ask("ping", id: "after")["result"] == [:])
    #expect(try play.tasks().isEmpty)
  }

  /// A call that ends when something happens.
  private func waitForNews(_ client: ContextClient) throws -> JSONValue {
    let brief = try client.call("brief").text
    let cursor = JSONValue.string(String(brief.split(separator: " ").last ?? ""))
    return ["name": "brief", "arguments": ["since": cursor, "wait": 600]]
  }

  @Test func `answers others while a call waits, and a call that is called off is not answered`()
    throws
  {
    let play = try Playground()
    try play.ok("init")
    let client = try ContextClient(scratch)
    let wait = try waitForNews(client)
    try client.send("tools/call", id: "first", wait)
    try client.send("tools/call", id: "second", wait)
    #expect(try client.ask("ping", id: 3)["result"] == [:])
    try client.send("notifications/cancelled", id: nil, ["requestId": "second"])
    try play.ok("task", "add", "News")
    let first = try client.answer(to: "first")
    #expect(first["result"]?["content"]?.array?.first?["text"]?.string?.contains("News") == true)
    #expect(try client.ask("ping", id: 4)["result"] == [:])
    // Its end closes the conversation: a wait that was called off keeps nobody.
    #expect(try client.close() == 0)
  }

  @Test func `takes sixteen calls at a time, and none of them keeps it when its client has gone`()
    async throws
  {
    let play = try Playground()
    try play.ok("init")
    let client = try ContextClient(scratch)
    let wait = try waitForNews(client)
    for number in 1...17 { try client.send("tools/call", id: .number(number), wait) }
    // The seventeenth alone is answered, at once.
    #expect(try client.answer(to: 17)["error"]?["code"] == -32000)
    try client.send("notifications/cancelled", id: nil, ["requestId": 16])
    #expect(try client.close() == 0)
    let waiting = {
      try scratch.run(["pgrep", "-f", "status -C \(scratch["repo"])"]).output != ""
    }
    #expect(try await eventually { try !waiting() })
  }

  @Test func `is bounded in what it says`() throws {
    let play = try Playground()
    for number in 0..<60 {
      try play.ok(
        "lesson", "add", "Number \(number): " + String(repeating: "mind this ", count: 40))
    }
    let client = try ContextClient(scratch)
    let lessons = try client.call("lessons")
    #expect(lessons.isGood && lessons.text.utf8.count <= ContextServer.maximumTextBytes)
    #expect(lessons.text.contains("more lines; ask for less"))
    let listed = try scratch.run([BuiltProgram.orch, "mcp", "--tools"], in: "repo")
    #expect(listed.exitCode == 0 && listed.output.contains("brief  How things stand"))
    let outside = try scratch.run([BuiltProgram.orch, "mcp"], in: scratch.path)
    #expect(outside.exitCode == 1 && outside.errorOutput.contains("not in a git repository"))
  }

  @Test func `begins the orchestrator, hears what its workers ask, and answers`() async throws {
    let play = try Playground(
      agent: """
        cat > /dev/null
        orch ask "Red or blue?" --wait > colour
        git add colour
        git commit -qm "Choose a colour"
        """)
    try play.ok("init")
    let client = try ContextClient(scratch)
    defer { _ = try? play.orch("stop", "--now") }
    #expect(try client.call("start", ["jobs": 2]).text.hasPrefix("started: process "))
    #expect(try client.call("add", ["title": "Work"]).isGood)
    let id = try #require(try play.tasks().first?["id"]?.string)
    #expect(
      try await eventually { try client.call("questions").text.contains("asks: Red or blue?") })
    #expect(try client.call("brief").text.contains("orch msg answer \(id.prefix(6)) 1"))
    #expect(try client.call("answer", ["task": .string(id), "number": 1, "text": "Blue"]).isGood)
    #expect(try client.call("questions").text.hasPrefix("nothing new"))
    #expect(try await eventually { try play.tasks().first?["status"] == "done" })
    // It goes on when the conversation is over.
    #expect(try client.close() == 0)
    #expect(try play.ok("status").contains("orch runs in the background"))
    #expect(try scratch.git("show", "main:colour", in: "origin.git") == "Blue")
  }
}
