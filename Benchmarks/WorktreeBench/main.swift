// Times worktrees and snapshots: orch's store and git, in turn on one machine, and prints the ratios.
//
//   WorktreeBench FOLDER FILES|REPOSITORY [ROUNDS]
//
// A number makes a repository of so many files; a path is that of a real one, which is cloned.
// Nothing is removed between rounds: what a removal leaves to be done would be charged to the next way.
import Foundation
import Git2
import Worktrees

struct Usage: Error {}
struct Failure: Error { let command: [String] }

guard CommandLine.arguments.count >= 3 else { throw Usage() }
let folder = CommandLine.arguments[1]
let subject = CommandLine.arguments[2]
let rounds = CommandLine.arguments.count > 3 ? Int(CommandLine.arguments[3]) ?? 3 : 3
let generated = Int(subject)
let label =
  generated.map(String.init) ?? subject.split(separator: "/").last.map(String.init) ?? "real"
let repository = folder + "/code-\(label)"
let cores = ProcessInfo.processInfo.activeProcessorCount

@Sendable @discardableResult
func run(
  _ command: [String], in directory: String = repository, input: String? = nil,
  environment: [String: String] = [:]
) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  process.currentDirectoryURL = URL(fileURLWithPath: directory)
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let output = Pipe()
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  let source = Pipe()
  process.standardInput = source
  try process.run()
  if let input { source.fileHandleForWriting.write(Data(input.utf8)) }
  try source.fileHandleForWriting.close()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { throw Failure(command: command) }
  return String(decoding: data, as: UTF8.self)
}

/// Milliseconds that some work takes.
func milliseconds(_ work: () async throws -> Void) async rethrows -> Double {
  let start = DispatchTime.now().uptimeNanoseconds
  try await work()
  return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6
}

/// The times of several ways to do one job.
struct Comparison {
  let name: String
  var times: [(way: String, values: [Double])] = []

  mutating func add(_ way: String, _ value: Double) {
    if let position = times.firstIndex(where: { $0.way == way }) {
      times[position].values.append(value)
    } else {
      times.append((way, [value]))
    }
  }

  func median(_ way: String) -> Double {
    let values = (times.first { $0.way == way }?.values ?? []).sorted()
    return values.isEmpty ? .nan : values[values.count / 2]
  }

  /// One line for each way, and how many times as fast the first is as each other.
  func report() {
    guard let first = times.first?.way else { return }
    for (way, values) in times {
      let spread = "\(Int(values.min() ?? 0))..\(Int(values.max() ?? 0))"
      let ratio = way == first ? "" : String(format: "  x%.2f", median(way) / median(first))
      print(
        "\(label)\t\(name)\t\(way)\t" + String(format: "%.1f ms", median(way))
          + "\t(\(spread))\(ratio)")
    }
  }
}

/// Clones a real repository, without sharing files with it.
func cloneRepository() throws {
  try run(["git", "clone", "-q", "--no-hardlinks", subject, repository], in: folder)
}

func makeRepository(_ count: Int) throws {
  try run(["git", "init", "-q", repository], in: folder)
  var random = SystemRandomNumberGenerator()
  var folders: Set<String> = []
  for number in 0..<count {
    let path = "\(repository)/d\(number / 1000)/e\(number / 12 % 80)"
    if folders.insert(path).inserted {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    let lines = Int.random(in: 5...120, using: &random)
    let text = (0..<lines).map { "line \($0) of \(number): \(UInt32.random(in: 0 ... .max))\n" }
    try text.joined().write(toFile: "\(path)/f\(number).txt", atomically: false, encoding: .utf8)
  }
  try "*.log\nbuild/\n".write(
    toFile: repository + "/.gitignore", atomically: false, encoding: .utf8)
  try run(["git", "add", "-A"])
  try run(["git", "commit", "-qm", "first"])
  for number in 0..<20 {
    try "changed \(number)\n".write(
      toFile: "\(repository)/d0/e0/f\(number % 12).txt", atomically: false, encoding: .utf8)
    try "new\n".write(
      toFile: "\(repository)/d0/new\(number).txt", atomically: false, encoding: .utf8)
  }
  try run(["git", "add", "-A"])
  try run(["git", "commit", "-qm", "second"])
  try run(["git", "repack", "-adq"])
}

func id(_ revision: String) throws -> ObjectID {
  let text = try run(["git", "rev-parse", revision]).trimmingCharacters(in: .whitespacesAndNewlines)
  guard let id = ObjectID(hex: text) else { throw Failure(command: ["rev-parse", revision]) }
  return id
}

let git: GitRunner = { arguments, folder, input in
  try run(["git"] + arguments, in: folder, input: input)
}

func status(_ path: String) async throws -> Double {
  var output = ""
  let time = try await milliseconds {
    output = try run(["git", "status", "--porcelain"], in: path)
  }
  if !output.isEmpty { throw Failure(command: ["git status is not clean in", path]) }
  return time
}

func worktree(_ name: String) -> Worktree {
  Worktree(path: "\(folder)/trees-\(label)/\(name)", name: "orch-\(name)", branch: "orch/\(name)")
}

let signature = Signature(name: "Bench", email: "bench@example.invalid", seconds: 1_700_000_000)

if let generated { try makeRepository(generated) } else { try cloneRepository() }
let tracked = try run(["git", "ls-files"]).split(separator: "\n").map(String.init)
  .filter { !$0.hasPrefix("\"") && !$0.hasSuffix(".gitattributes") && !$0.hasSuffix(".gitmodules") }
let count = tracked.count
let main = try id("HEAD")
let actor = try RepositoryActor(at: repository)

var creation = Comparison(name: "create a worktree")
var firstStatus = Comparison(name: "first git status in it")
for round in 0..<rounds {
  let own = worktree("own\(round)")
  creation.add(
    "orch",
    try await milliseconds {
      try await WorktreeStore.create(own, at: main, through: actor, git: git)
    })
  firstStatus.add("orch", try await status(own.path))
  for (way, options) in [
    ("git worktree add", []),
    ("git worktree add, \(cores) workers", ["-c", "checkout.workers=\(cores)"]),
  ] {
    let path = worktree("git\(options.count)-\(round)").path
    creation.add(
      way,
      try await milliseconds {
        try run(["git"] + options + ["worktree", "add", "-q", "--detach", path, main.hex])
      })
    firstStatus.add(way, try await status(path))
  }
}
creation.report()
firstStatus.report()

var reuse = Comparison(name: "a worktree for the next task, one commit away")
let previous = try id("HEAD~1")
for round in 0..<rounds {
  let old = worktree("own\(round)")
  let new = worktree("next\(round)")
  let start = round % 2 == 0 ? previous : main
  if round % 2 == 1 {
    // The waiting one is at the commit itself: bring it to the other first, outside the clock.
    try old.move(to: previous, from: main, by: signature) { _ in }
  }
  let refusal = try await actor.run { repository throws(WorktreeError) in
    try WorktreePool.release(old, published: [main], limit: 100, in: repository)
  }
  if refusal != nil { throw Failure(command: ["release", "\(refusal as Any)"]) }
  reuse.add(
    "orch, from the pool",
    try await milliseconds {
      let isTaken = try await WorktreePool.take(
        new, at: start, keepingIgnored: false, through: actor, git: git)
      if !isTaken { throw Failure(command: ["take"]) }
    })
  _ = try await status(new.path)
  let path = worktree("add\(round)").path
  reuse.add(
    "git worktree add",
    try await milliseconds {
      try run(["git", "worktree", "add", "-q", "--detach", path, start.hex])
    })
  let used = worktree("git0-\(round)").path
  reuse.add(
    "git checkout and clean in a used one",
    try await milliseconds {
      try run(["git", "checkout", "-q", "--detach", start.hex], in: used)
      try run(["git", "clean", "-fdq"], in: used)
    })
}
reuse.report()

var snapshots = Comparison(name: "snapshot, 20 files changed, 5 untracked")
let dirty = worktree("dirty")
try await WorktreeStore.create(dirty, at: main, through: actor, git: git)
for round in 0..<max(5, rounds) {
  for number in 0..<20 {
    try "changed in round \(round) \(number)\n".write(
      toFile: "\(dirty.path)/\(tracked[(number &* 7919 &+ 13) % count])", atomically: false,
      encoding: .utf8)
  }
  for number in 0..<5 {
    try "untracked in round \(round)\n".write(
      toFile: "\(dirty.path)/untracked-\(number).txt", atomically: false, encoding: .utf8)
  }
  var tree = ""
  snapshots.add(
    "orch",
    try await milliseconds {
      tree = try await dirty.snapshot(message: "wip\n", by: signature, git: git).tree.hex
    })
  let index = repository + "/.git/worktrees/orch-dirty/index"
  let copy = folder + "/index-copy"
  var expected = ""
  snapshots.add(
    "git add -A, git write-tree",
    try await milliseconds {
      try run(["cp", "-p", index, copy])
      try run(["git", "add", "-A"], in: dirty.path, environment: ["GIT_INDEX_FILE": copy])
      expected = try run(
        ["git", "write-tree"], in: dirty.path, environment: ["GIT_INDEX_FILE": copy])
    })
  guard expected == tree + "\n" else {
    throw Failure(command: ["the trees differ", tree, expected])
  }
  snapshots.add(
    "git status",
    try await milliseconds {
      try run(
        ["git", "status", "--porcelain"], in: dirty.path,
        environment: ["GIT_OPTIONAL_LOCKS": "0"])
    })
}
snapshots.report()

var changes = Comparison(name: "what is changed")
for _ in 0..<max(5, rounds) {
  changes.add(
    "orch",
    try await milliseconds {
      if try dirty.status().changedFiles.isEmpty { throw Failure(command: ["status"]) }
    })
  changes.add(
    "git status",
    try await milliseconds {
      try run(
        ["git", "status", "--porcelain"], in: dirty.path,
        environment: ["GIT_OPTIONAL_LOCKS": "0"])
    })
}
changes.report()

if let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
  let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") })
{
  print("\(label)\tpeak memory\torch\t\(line.dropFirst(6).trimmingCharacters(in: .whitespaces))")
}
