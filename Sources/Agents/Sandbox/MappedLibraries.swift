/// The shared libraries that this process runs with, for a sandbox in which it is to run again.
enum MappedLibraries {
  /// Their files, without those of the system's own folders.
  static let files: [String] = {
    let lines = (RunFile.readSpecial("/proc/self/maps") ?? []).split(separator: 0x0A)
    var found: Set<String> = []
    for line in lines {
      guard let start = line.firstIndex(of: UInt8(ascii: "/")) else { continue }
      let path = String(decoding: line[start...], as: UTF8.self)
      if path.contains(".so"), !Bubblewrap.isInSystem(path) { found.insert(path) }
    }
    return found.sorted()
  }()
}
