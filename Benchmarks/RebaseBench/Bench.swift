import Foundation
import Git2
import Worktrees

struct Usage: Error {}

/// A program failed, or both ways do not agree.
struct BenchFailure: Error {
  let what: String
}

/// A generated repository and the ways to rebase its branches.
struct Bench {
  static let branchCount = 100
  static let lengths = [1, 5, 20]

  let folder: String
  let fileCount: Int
  /// The real repository that is cloned; nil makes one of `fileCount` files.
  var real: RealRepository?
  /// What stands before each line of the report.
  var label: String { real?.name ?? "\(fileCount) files" }

  /// Milliseconds that some work takes.
  func milliseconds(_ work: () throws -> Void) rethrows -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    try work()
    return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6
  }

  @discardableResult
  func git(_ arguments: String..., input: URL? = nil, in directory: String? = nil) throws -> String
  {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory ?? folder)
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = try input.map(FileHandle.init(forReadingFrom:)) ?? FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    while process.isRunning { _ = poll(nil, 0, 1) }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchFailure(what: "git \(arguments.joined(separator: " "))")
    }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Runs a script whose processes the shell starts, which is fast.
  func shell(_ script: String, in directory: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    while process.isRunning { _ = poll(nil, 0, 1) }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BenchFailure(what: script) }
  }

  func path(_ index: Int) -> String {
    fileCount < 5000
      ? "part\(index / 40)/file\(index % 40).txt"
      : "part\(index / 950)/unit\(index / 95 % 10)/file\(index % 95).txt"
  }

  private func content(_ index: Int, changedLines: [Int: String] = [:]) -> String {
    (0..<40).map { line in
      (changedLines[line] ?? "line \(line) of file \(index), which says \(index &* 31 &+ line)")
        + "\n"
    }.joined()
  }

  /// Writes one `git fast-import` stream: base, its 20 commits, and the branches of both lengths.
  func makeRepository() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if let real { return try makeClone(real) }
    try git("init", "-q", ".")
    let stream = URL(fileURLWithPath: folder + "/.git/stream")
    _ = FileManager.default.createFile(atPath: stream.path, contents: nil)
    let file = try FileHandle(forWritingTo: stream)
    try write("refs/heads/main", "base", (0..<fileCount).map { (path($0), content($0)) }, file)
    for length in Self.lengths {
      for branch in 0..<Self.branchCount {
        try file.write(
          contentsOf: Data("reset refs/heads/b\(length)-\(branch)\nfrom refs/heads/main\n\n".utf8))
      }
    }
    for step in 0..<20 {
      let files = (0..<4).map { part in
        let index = place(step * 4 + part)
        return (path(index), content(index, changedLines: [3: "base \(step)"]))
      }
      try write("refs/heads/main", "base \(step)", files, file)
    }
    for length in Self.lengths {
      for branch in 0..<Self.branchCount { try writeBranch(branch, length, file) }
    }
    try file.write(contentsOf: Data("done\n".utf8))
    try file.close()
    try git("fast-import", "--quiet", "--done", input: stream)
    try FileManager.default.removeItem(at: stream)
    try git("gc", "-q")
    try git("config", "gc.auto", "0")
  }

  /// A file that many places of the tree share evenly.
  func place(_ number: Int) -> Int { number &* 7919 % fileCount }

  /// Edits a file of its own, one that the base edits elsewhere, and adds one.
  private func writeBranch(_ branch: Int, _ length: Int, _ file: FileHandle) throws {
    var lines: [Int: String] = [:]
    for step in 0..<length {
      let own = place(1000 + branch * 5 + step)
      let shared = place((branch * 5) % 80)
      lines[20 + step] = "branch \(branch) \(step)"
      try write(
        "refs/heads/b\(length)-\(branch)", "branch \(branch) \(step)\n\nBody.\n",
        [
          (path(own), content(own, changedLines: [30: "own \(branch)"])),
          (path(shared), content(shared, changedLines: lines)),
          ("new/branch\(branch)/step\(step)", "added\n"),
        ], file)
    }
  }

  func write(
    _ reference: String, _ message: String, _ files: [(String, String)], _ file: FileHandle
  ) throws {
    var text = "commit \(reference)\ncommitter Bench <bench@example.invalid> 1700000000 +0000\n"
    text += "data \(message.utf8.count)\n\(message)\n"
    for (path, content) in files {
      text += "M 100644 inline \(path)\ndata \(content.utf8.count)\n\(content)\n"
      if text.utf8.count > 1 << 20 {
        try file.write(contentsOf: Data(text.utf8))
        text = ""
      }
    }
    try file.write(contentsOf: Data((text + "\n").utf8))
  }
}
