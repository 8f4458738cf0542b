import Foundation

/// How fast a way was in each round.
struct Rates {
  let name: String
  private var perSecond: [Double] = []

  init(_ name: String) { self.name = name }

  mutating func add(_ transitions: Int, _ seconds: Double) {
    perSecond.append(Double(transitions) / seconds)
  }

  /// Name, median, slowest and fastest round.
  var line: String {
    let sorted = perSecond.sorted()
    guard let first = sorted.first, let last = sorted.last else { return name }
    let numbers = [sorted[sorted.count / 2], first, last].map { String(Int($0.rounded())) }
    return "\(name)\t\(numbers[0])/s\t\(numbers[1]) to \(numbers[2])"
  }
}

/// Seconds that some work takes.
func seconds(_ work: () async throws -> Void) async rethrows -> Double {
  let start = DispatchTime.now().uptimeNanoseconds
  try await work()
  return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
}

/// Runs a program and returns what it printed, without white space around it.
@discardableResult
func run(_ command: [String], input: String? = nil, in directory: String = "/") throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  process.currentDirectoryURL = URL(fileURLWithPath: directory)
  let output = Pipe()
  process.standardOutput = output
  let source = Pipe()
  process.standardInput = source
  try process.run()
  if let input { source.fileHandleForWriting.write(Data(input.utf8)) }
  try source.fileHandleForWriting.close()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}
