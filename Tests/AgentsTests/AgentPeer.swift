import Agents
import Foundation
import TestSupport
import Testing

/// An agent program that a conformance test runs: a stand-in that replays recorded output, or the real one.
struct AgentPeer: Sendable, CustomTestStringConvertible {
  /// What a program is made to do.
  enum Part: String, Sendable, CaseIterable {
    case work, authentication, rateLimit, overload, tooLong, drop, hang
  }

  let type: String
  let isReal: Bool

  var testDescription: String { isReal ? "the real \(type)" : "a stand-in for \(type)" }

  /// True with ORCH_REAL_AGENTS=1: the programs on PATH are tested too.
  static let hasReal = ProcessInfo.processInfo.environment["ORCH_REAL_AGENTS"] == "1"

  /// Every peer of this run.
  ///
  /// Of opencode and of scripts no run was recorded: their stand-ins print what their documents say.
  static let all =
    ["claude", "codex"].flatMap { type in
      [AgentPeer(type: type, isReal: false)]
        + (hasReal ? [AgentPeer(type: type, isReal: true)] : [])
    } + ["opencode", "script"].map { AgentPeer(type: $0, isReal: false) }

  /// What a scripted model says for each part.
  static let scripts: [String: [ModelTurn]] = [
    Part.work.rawValue: [
      .run("printf hello > hello.txt"),
      .run("git add -A && git commit -qm 'Add hello'"),
      .say("Done: hello.txt is committed."),
    ],
    Part.authentication.rawValue: [.unauthorised],
    Part.rateLimit.rawValue: [.rateLimited],
    Part.overload.rawValue: [.overloaded],
    Part.tooLong.rawValue: [.tooLong],
    Part.drop.rawValue: [.drop],
    Part.hang.rawValue: [.run("printf x > started; sleep 300"), .say("never")],
  ]

  /// The agent as it is configured for one part; `server` plays the model for a real program.
  func configuration(_ part: Part, _ scratch: Scratch, _ server: ModelServer?) throws
    -> AgentConfiguration
  {
    var agent = AgentConfiguration(name: type, type: type)
    guard isReal, let server else {
      let program = try standIn(part, scratch)
      if type == "script" { agent.command = [program] } else { agent.program = program }
      return agent
    }
    let address = server.address(part.rawValue)
    if type == "claude" {
      agent.environment = [
        "ANTHROPIC_BASE_URL": address, "ANTHROPIC_API_KEY": "scripted-key",
        "CLAUDE_CODE_MAX_RETRIES": "0", "CLAUDE_CONFIG_DIR": scratch["home/claude"],
      ]
    } else {
      agent.environment = ["SCRIPTED_KEY": "key", "CODEX_HOME": scratch["home/codex"]]
      let provider =
        #"{name="scripted",base_url="\#(address)/v1",env_key="SCRIPTED_KEY",wire_api="responses","#
        + "request_max_retries=0,stream_max_retries=0}"
      agent.arguments = [
        "-c", "model_provider=scripted", "-c", "model_providers.scripted=\(provider)",
      ]
      try FileManager.default.createDirectory(
        atPath: scratch["home/codex"], withIntermediateDirectories: true)
    }
    return agent
  }

  /// The recorded run that shows a part.
  private func recording(_ part: Part) -> String {
    switch (type, part) {
    case ("claude", .work), ("claude", .hang): "claude-stream"
    case ("claude", .authentication): "claude-http-401"
    case ("claude", .rateLimit): "claude-http-429"
    case ("claude", .overload): "claude-http-529"
    case ("claude", .tooLong): "claude-prompt-too-long"
    case ("claude", .drop): "claude-drop"
    case (_, .work), (_, .hang): "codex-commit"
    case (_, .authentication): "codex-auth401"
    case (_, .rateLimit): "codex-rate429"
    case (_, .overload): "codex-overload503"
    // No run was recorded: the words of the service as the program passes them on.
    case (_, .tooLong): "codex-quota429"
    case (_, .drop): "codex-drop"
    }
  }

  /// The file of the recorded run.
  private func recordingFile(_ part: Part) -> String {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures").path
    let name = recording(part)
    return ["jsonl", "json"].map { "\(fixtures)/\(name).\($0)" }
      .first(where: FileManager.default.fileExists(atPath:)) ?? "/nonexistent"
  }

  /// A file with what a program of which no run was recorded prints; nil for the others.
  private func words(_ part: Part, _ scratch: Scratch) throws -> String? {
    let lines: [String]
    switch type {
    case "opencode":
      let error = { (fields: String) in
        [
          #"{"type":"error","sessionID":"s","error":{"name":"APIError","data":{"message":"m"\#(fields)}}}"#
        ]
      }
      let said: [String] =
        switch part {
        case .authentication: error(#","statusCode":401"#)
        case .rateLimit: error(#","statusCode":429"#)
        case .overload: error(#","statusCode":503"#)
        case .tooLong: error(#","statusCode":413"#)
        case .drop: []
        case .work, .hang:
          [
            #"{"type":"tool_use","sessionID":"s","part":{"tool":"bash","state":{"input":{"command":"a"}}}}"#,
            #"{"type":"tool_use","sessionID":"s","part":{"tool":"bash","state":{"input":{"command":"b"}}}}"#,
            #"{"type":"text","sessionID":"s","part":{"text":"Done: hello.txt is committed."}}"#,
            #"{"type":"step_finish","sessionID":"s","part":{"cost":0.25,"tokens":{"input":3000,"output":20}}}"#,
          ]
        }
      lines = [#"{"type":"step_start","sessionID":"s"}"#] + said
    case "script":
      let kinds: [Part: String] = [
        .authentication: "authentication", .rateLimit: "rate_limited", .overload: "overloaded",
        .tooLong: "context_exhausted",
      ]
      lines =
        [#"{"type":"session","id":"s"}"#]
        + (kinds[part].map { [#"{"type":"failure","kind":"\#($0)","message":"m"}"#] }
          ?? (part == .drop
            ? []
            : [
              #"{"type":"tool","text":"printf hello"}"#, #"{"type":"tool","text":"git commit"}"#,
              #"{"type":"cost","usd":0.25,"input_tokens":3000,"output_tokens":20}"#,
              "Done: hello.txt is committed.",
            ]))
    default: return nil
    }
    return try scratch.write(
      "stand-in/\(type)-\(part.rawValue).jsonl", lines.joined(separator: "\n") + "\n")
  }

  /// A program that does the work itself and prints what the real one had printed, line by line.
  private func standIn(_ part: Part, _ scratch: Scratch) throws -> String {
    let file = try words(part, scratch) ?? recordingFile(part)
    let session =
      ["claude": "session_id", "codex": "thread_id", "opencode": "sessionID"][type] ?? "id"
    var lines = "cat '\(file)'"
    if type == "codex", part == .tooLong {
      lines = """
        cat '\(file)' | sed 's/Quota exceeded[^"]*/{\\\\"error\\\\":{\\\\"message\\\\":\\\\"prompt is too long\\\\"}}/'
        """
    }
    let body = """
      #!/bin/sh
      id=; previous=
      for word; do
        case $previous in --session-id | --session | --resume | resume) id=$word ;; esac
        previous=$word
      done
      { \(lines); } | sed "s/\\"\(session)\\":\\"[^\\"]*\\"/\\"\(session)\\":\\"${id:-01a1fac4}\\"/g" |
        while IFS= read -r line; do
          printf '%s\\n' "$line"
          sleep 0.02
          \(part == .hang ? "printf x > started; sleep 300" : ":")
        done
      \(part == .work ? "printf hello > hello.txt; git add -A; git commit -qm 'Add hello' 2> /dev/null" : "exit 1")
      exit 0
      """
    let program = try scratch.write("stand-in/\(type)", body + "\n")
    guard chmod(program, 0o755) == 0 else { throw POSIXError(.EPERM) }
    return program
  }
}
