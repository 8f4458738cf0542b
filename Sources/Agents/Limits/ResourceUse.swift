internal import Folders

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What a worker uses now.
struct ResourceUse {
  /// The most processes of one worker that are looked at.
  static let maximumProcesses = 20_000
  /// The most files of a folder that are counted.
  static let maximumFiles = 5_000_000

  var memoryBytes = 0
  var processes = 0

  /// Everything below a process, which itself is not counted.
  ///
  /// Memory that several processes share, such as a program's code, counts once: proc(5), `statm`.
  static func below(_ root: pid_t) -> ResourceUse {
    var use = ResourceUse()
    var queue = children(of: root)
    let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
    var shared = 0
    while let next = queue.popLast(), use.processes < maximumProcesses {
      use.processes += 1
      queue += children(of: next)
      guard let text = RunFile.readSpecial("/proc/\(next)/statm") else { continue }
      let fields = text.split(separator: UInt8(ascii: " ")).prefix(3).map {
        Int(String(decoding: $0, as: UTF8.self)) ?? 0
      }
      guard fields.count == 3 else { continue }
      use.memoryBytes += max(0, fields[1] - fields[2]) * pageBytes
      shared = max(shared, fields[2])
    }
    use.memoryBytes += shared * pageBytes
    return use
  }

  /// The numbers of the processes below one, at most `limit`.
  static func descendants(of root: pid_t, limit: Int) -> [pid_t] {
    var found: [pid_t] = []
    var queue = children(of: root)
    while let next = queue.popLast(), found.count < limit {
      found.append(next)
      queue += children(of: next)
    }
    return found
  }

  /// The children of a process: only its own are read, however many processes the machine has.
  private static func children(of pid: pid_t) -> [pid_t] {
    let folder = "/proc/\(pid)/task"
    return Folder.names(in: folder).flatMap { thread in
      (RunFile.readSpecial("\(folder)/\(thread)/children") ?? [])
        .split(separator: UInt8(ascii: " ")).compactMap {
          pid_t(String(decoding: $0, as: UTF8.self))
        }
    }
  }

  /// The space that a folder takes on disk, in bytes; links are not followed, and other file systems stay out.
  static func disk(_ path: String) -> Int {
    var information = stat()
    guard lstat(path, &information) == 0 else { return 0 }
    let device = information.st_dev
    var total = 0
    var files = 0
    var seen: Set<UInt64> = []
    var queue = [path]
    while let folder = queue.popLast() {
      for name in Folder.names(in: folder) where files < maximumFiles {
        let file = "\(folder)/\(name)"
        guard lstat(file, &information) == 0, information.st_dev == device else { continue }
        files += 1
        let isFolder = information.st_mode & S_IFMT == S_IFDIR
        if isFolder { queue.append(file) }
        if !isFolder, information.st_nlink > 1, !seen.insert(UInt64(information.st_ino)).inserted {
          continue
        }
        total += Int(information.st_blocks) * 512
      }
    }
    return total
  }
}
