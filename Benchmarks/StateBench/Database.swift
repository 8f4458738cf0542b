import Foundation

/// SQLite as other orchestrators use it: write-ahead log, synchronous FULL, one transaction for each
/// change. A child process that is asked for so many transactions and answers with the seconds.
final class Database {
  private let process = Process()
  private let questions = Pipe()
  private let answers = Pipe()

  init(at path: String, tasks count: Int) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-u", "-c", Self.script, path, String(count)]
    process.standardInput = questions
    process.standardOutput = answers
    try process.run()
  }

  deinit { try? questions.fileHandleForWriting.close() }

  /// Seconds that so many transactions took.
  func change(_ count: Int) throws -> Double {
    questions.fileHandleForWriting.write(Data("\(count)\n".utf8))
    var text = ""
    while !text.hasSuffix("\n") {
      let data = answers.fileHandleForReading.availableData
      guard !data.isEmpty else { break }
      text += String(decoding: data, as: UTF8.self)
    }
    guard let seconds = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Usage()
    }
    return seconds
  }

  private static let script = """
    import os, sqlite3, sys, time
    path, n = sys.argv[1], int(sys.argv[2])
    for end in '', '-wal', '-shm':
        if os.path.exists(path + end): os.remove(path + end)
    d = sqlite3.connect(path, isolation_level=None)
    d.execute('pragma journal_mode=wal'); d.execute('pragma synchronous=full')
    d.execute('create table t(id integer primary key, body text)')
    d.execute('create table e(at integer, id integer, body text)')
    d.execute('begin')
    d.executemany('insert into t values(?, ?)', ((i, 'x' * 500) for i in range(n)))
    d.execute('commit')
    at = 0
    for line in sys.stdin:
        s = time.perf_counter()
        for _ in range(int(line)):
            at += 1
            d.execute('begin')
            d.execute('update t set body=? where id=?', ('y' * 500, at * 7919 % n))
            d.execute('insert into e values(?,?,?)', (at, at, 'edited'))
            d.execute('commit')
        print(time.perf_counter() - s)
    """
}
