import Foundation
import JSON
import TestSupport

/// A client of `orch mcp` that writes and reads lines.
final class ContextClient {
  private let process: ChildProcess
  private let input = Pipe()
  private let output = Pipe()
  private var unread = Data()
  private var answers: [JSONValue] = []

  /// Starts the server in a folder of the scratch.
  init(_ scratch: Scratch, in folder: String = "repo") throws {
    process = try ChildProcess(
      [BuiltProgram.orch, "mcp"], in: scratch[folder], environment: scratch.environment,
      input: .pipe(input), output: .pipe(output), error: .null)
  }

  /// Sends a line as it is.
  func send(line: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
  }

  /// Sends a request or, without an id, a notification.
  func send(_ method: String, id: JSONValue?, _ parameters: JSONValue? = nil) throws {
    let message = JSONValue.compact([
      "jsonrpc": "2.0", "id": id, "method": .string(method), "params": parameters,
    ])
    try send(line: message.canonicalText)
  }

  /// The answer to a request, `null` for one without an id; others that come first are kept.
  func answer(to id: JSONValue) throws -> JSONValue {
    while true {
      if let index = answers.firstIndex(where: { ($0["id"] ?? .null) == id }) {
        return answers.remove(at: index)
      }
      try read()
    }
  }

  /// Sends a request and returns its answer.
  func ask(_ method: String, id: JSONValue = 1, _ parameters: JSONValue? = nil) throws -> JSONValue
  {
    try send(method, id: id, parameters)
    return try answer(to: id)
  }

  /// Calls a tool; returns its text, and whether it went well.
  func call(
    _ tool: String, _ arguments: JSONValue = [:]
  ) throws -> (text: String, isGood: Bool) {
    let answer = try ask("tools/call", id: 7, ["name": .string(tool), "arguments": arguments])
    let text = answer["result"]?["content"]?.array?.first?["text"]?.string
    return (text ?? "\(answer)", answer["result"]?["isError"] == false)
  }

  /// Closes this end and waits until the server has ended; returns its exit code.
  func close() throws -> Int32 {
    try input.fileHandleForWriting.close()
    process.waitForEnd()
    return process.terminationStatus
  }

  private func read() throws {
    let data = output.fileHandleForReading.availableData
    guard !data.isEmpty else { throw ServerEnded() }
    unread += data
    while let end = unread.firstIndex(of: 10) {
      answers.append(try JSONValue(parsing: Array(unread[unread.startIndex..<end])))
      unread = Data(unread[(end + 1)...])
    }
  }

  /// The server ended before it answered.
  struct ServerEnded: Error {}
}
