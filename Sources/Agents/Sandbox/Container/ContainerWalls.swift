#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One container around one worker or command: what an engine is told of it.
public struct ContainerWalls: Sendable, Hashable {
  /// The labels by which containers are found again.
  public enum Label {
    /// The repository, by a short name of its git directory.
    public static let repository = "orch.repository"
    /// The task, or what else the container is for.
    public static let owner = "orch.task"
    /// The file whose lock is held as long as the container is wanted.
    public static let lock = "orch.lock"
  }

  /// Who makes it.
  public var engine: ContainerEngine
  /// The image's id.
  public var image: String
  /// Its name, which no other container has.
  public var name: String
  /// The repository's short name.
  public var repository: String
  /// The task, or what else it is for.
  public var owner: String
  /// A file: the container ends by itself when nobody holds its lock any more.
  public var lock: String
  /// A script on this side that is orch inside.
  public var wrapper: String
  /// A file on this side that is `/etc/passwd` inside; nil is the image's.
  public var passwords: String?
  /// The user inside.
  public var user = ContainerUser()
  /// Variables that the image's makers ask for; `${containerEnv:NAME}` in them is read inside.
  public var variables: [String: String] = [:]
  /// A second place of the worktree, where the image's makers expect it.
  public var workspace: String?
  /// Folders in memory that they ask for.
  public var inMemory: [String] = []
  /// The volumes that the image declares: folders in memory too, unless something is mounted there.
  public var volumes: [String] = []

  /// The parts without defaults.
  public init(
    engine: ContainerEngine, image: String, name: String, repository: String, owner: String,
    lock: String, wrapper: String
  ) {
    self.engine = engine
    self.image = image
    self.name = name
    self.repository = repository
    self.owner = owner
    self.lock = lock
    self.wrapper = wrapper
  }

  /// The folder of orch's own parts inside.
  static let inside = "/run/orch"
  /// orch's program inside, which runs with its own libraries whatever the image has.
  static let programInside = inside + "/orch"
  static let librariesInside = inside + "/lib"
  static let lockInside = inside + "/lock"

  /// The words that start a program of this machine inside an image with other libraries: ld.so(8).
  ///
  /// `libraries` are this process' own, one of which is the loader. Nil if there is no loader among them.
  static func program(libraries: [String]) -> [String]? {
    let names = libraries.compactMap { $0.split(separator: "/").last.map(String.init) }
    guard let loader = names.first(where: { $0.hasPrefix("ld-") || $0.hasPrefix("ld64") }) else {
      return nil
    }
    return ["\(librariesInside)/\(loader)", "--library-path", librariesInside, programInside]
  }

  /// The script that is orch inside; nil where there is no loader.
  public static var wrapperText: String? {
    program(libraries: LoadedLibraries.files).map {
      "#!/bin/sh\nexec " + $0.joined(separator: " ") + " \"$@\"\n"
    }
  }

  /// What shows orch's own parts inside, besides `mounts`.
  func mountsOfOrch(program: String) -> [SandboxMount] {
    var mounts = LoadedLibraries.files.map { file in
      SandboxMount.readOnly(
        file, at: "\(Self.librariesInside)/\(file.split(separator: "/").last ?? "")")
    }
    mounts.append(.readOnly(program, at: Self.programInside))
    mounts.append(.readOnly(wrapper, at: program))
    mounts.append(.readOnly(lock, at: Self.lockInside))
    if let passwords { mounts.append(.readOnly(passwords, at: "/etc/passwd")) }
    return mounts + inMemory.map { .empty($0) }
  }

  /// Covers the image's volumes: an engine would lay folders of this machine's disk there that no limit counts.
  func covered(_ mounts: [SandboxMount]) -> [SandboxMount] {
    let taken = Set(mounts.map(\.place))
    return mounts + volumes.filter { !taken.contains($0) }.map { .empty($0) }
  }

  /// The worktree's mounts once more at its second place.
  func doubled(_ mounts: [SandboxMount], worktree: String) -> [SandboxMount] {
    guard let workspace, workspace != worktree else { return mounts }
    return mounts
      + mounts.compactMap { mount in
        guard let place = mount.place(below: worktree) else { return nil }
        return mount.moved(to: workspace + place)
      }
  }
}

/// Whom a container's programs run as.
public struct ContainerUser: Sendable, Hashable {
  /// The number of the user, who is the one outside, so that files in the worktree are that user's.
  public var id = Int(getuid())
  /// The number of the group.
  public var group = Int(getgid())
  /// The name that the number gets inside.
  public var name = "worker"

  /// The user that this process runs as.
  public init() {}

  /// The words for an engine: docker run --user, podman run --userns.
  func words(_ engine: ContainerEngine) -> [String] {
    // Of a rootless engine this user is number 0 inside; podman can also keep the number.
    guard engine.isRootless else { return ["--user", "\(id):\(group)"] }
    return engine.kind == .podman
      ? ["--userns", "keep-id", "--user", "\(id):\(group)"] : ["--user", "0:0"]
  }

  /// The number inside.
  public func idInside(_ engine: ContainerEngine) -> (user: Int, group: Int) {
    engine.isRootless && engine.kind == .docker ? (0, 0) : (id, group)
  }

  /// An image's `/etc/passwd` with this user in it: passwd(5).
  public func passwords(
    _ text: String, home: String, engine: ContainerEngine
  ) -> String {
    let number = idInside(engine)
    let others = text.split(separator: "\n").filter { line in
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      return fields.count > 2 && fields[0] != name && Int(fields[2]) != number.user
    }
    let own = "\(name):x:\(number.user):\(number.group):orch:\(home):/bin/sh"
    return (others.map(String.init) + [own]).joined(separator: "\n") + "\n"
  }
}
