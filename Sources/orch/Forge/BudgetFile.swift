internal import Forge
internal import GitState

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The books of the calls to a forge, in a file that all processes of this machine's user share.
struct BudgetFile: Sendable {
  /// How often the lock is tried for: it is held for a moment only.
  static let tries = 100
  /// The pause between two tries, in microseconds.
  static let pause: UInt32 = 2000
  /// A longer file is not one of ours, in bytes.
  static let maximumBytes = 128 << 10

  /// The folder of the file.
  let folder: String
  /// The file; beside it is its lock.
  let path: String

  /// The file for a host below a home folder: one account is used there.
  init(home: String, host: String) {
    let name = host.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "-" }
    folder = home + "/.orchestrator/forge"
    path = "\(folder)/\(String(name)).json"
  }

  /// The books: without the file or its lock everybody counts alone.
  var books: BudgetBooks {
    BudgetBooks { [self] in
      mkdir(String(folder.dropLast("/forge".count)), 0o755)
      mkdir(folder, 0o755)
      guard let lock = locked() else { return nil }
      let file = ExchangedFile(path: path, maximumBytes: Self.maximumBytes)
      let known = file.read() ?? []
      return OpenBooks(known) { next in
        if next != known { file.write(next) }
        lock.release()
      }
    }
  }

  private func locked() -> HeldLock? {
    for _ in 0..<Self.tries {
      do {
        if let lock = try FileLock(tryingPath: path + ".lock") { return HeldLock(lock) }
      } catch {
        return nil
      }
      usleep(Self.pause)
    }
    return nil
  }

  /// A lock that a closure gives up.
  private final class HeldLock {
    private var lock: FileLock?
    init(_ lock: consuming FileLock) { self.lock = consume lock }
    func release() { lock = nil }
  }
}
