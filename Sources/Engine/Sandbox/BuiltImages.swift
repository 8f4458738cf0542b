internal import Agents
internal import Folders
internal import Git2
public import GitState

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The images that orch built for the `devcontainer.json` of a repository, and when each was last used.
///
/// Each state of the base's files that an image is built from makes a new one; those of old states go when nobody has
/// used them for some days. Only images of this repository's label and of orch's own name are touched.
public struct BuiltImages: Sendable {
  /// How long an image stays that nobody uses, in days.
  public static let days = 7
  /// The name of all of them; their tags differ.
  static let name = "localhost/orch-devcontainer"
  /// How long one stays in any case, in milliseconds: a container may be about to begin.
  static let leastMilliseconds = 3_600_000

  private let folder: LocalFolder
  private let repository: String
  private let engines: [String]
  private let environment: [String: String]

  /// Those of a repository; `engines` are looked at besides those that have built something here.
  public init(
    _ folder: LocalFolder, commonDirectory: String, engines: [String],
    environment: [String: String]
  ) {
    self.folder = folder
    repository = Self.repositoryName(commonDirectory)
    self.engines = engines
    self.environment = environment
  }

  /// A short name of a repository on this machine, by its git directory.
  static func repositoryName(_ commonDirectory: String) -> String {
    let hash = try? Repository.id(of: Array(commonDirectory.utf8), .blob).hex
    return String((hash ?? "unknown").prefix(16))
  }

  /// Notes that an image is used at a time; that it cannot be noted costs a build at most.
  func use(_ tag: String, of engine: ContainerEngine, at now: Int) {
    try? ImageMemory(folder).use(.init(engine: engine.name, tag: tag), at: now)
  }

  /// A new name for a folder that an image is built from, which says whose it is.
  func newFolder() -> String {
    "\(folder.path)/\(Self.folderPrefix)\(getpid())-\(UInt32.random(in: 0 ... .max))"
  }

  private static let folderPrefix = "build-"

  /// Removes the images that nobody has used for some days; `now` is in milliseconds since 1970.
  ///
  /// With `dryRun`, only says which. An engine that does not answer keeps its images. One whose use was not noted
  /// counts as used now.
  func removeUnused(days: Int, now: Int, dryRun: Bool) async -> [String] {
    if !dryRun { await removeFolders() }
    let memory = ImageMemory(folder)
    let known = memory.all()
    let limit = min(now - days * 86_400_000, now - Self.leastMilliseconds)
    var gone: Set<String> = []
    for name in Set(known.keys.map(\.engine)).union(engines).sorted() {
      guard let engine = try? await ContainerEngine.find([name], environment: environment),
        let tags = try? await engine.tags(of: Self.name, repository: repository)
      else { continue }
      for tag in tags {
        let image = ImageMemory.Image(engine: engine.name, tag: tag)
        guard let used = known[image] else {
          if !dryRun { use(tag, of: engine, at: now) }
          continue
        }
        guard used < limit else { continue }
        if dryRun {
          gone.insert("\(Self.name):\(tag)")
        } else if (try? await engine.removeImage("\(Self.name):\(tag)")) == true {
          gone.insert("\(Self.name):\(tag)")
          memory.forget(image)
        }
      }
      if dryRun { continue }
      for image in known.keys where image.engine == engine.name && !tags.contains(image.tag) {
        memory.forget(image)
      }
    }
    return gone.sorted()
  }

  /// Removes folders of builds whose orch has ended, as one that was killed.
  private func removeFolders() async {
    for name in Folder.names(in: folder.path) where name.hasPrefix(Self.folderPrefix) {
      let number = name.dropFirst(Self.folderPrefix.count).prefix { $0 != "-" }
      guard let process = pid_t(number), kill(process, 0) != 0, errno == ESRCH else { continue }
      let path = ShellCommand.quoted("\(folder.path)/\(name)")
      _ = try? await ShellCommand.run(
        "rm -rf \(path)", in: "/", environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"],
        timeoutSeconds: 600)
    }
  }
}
