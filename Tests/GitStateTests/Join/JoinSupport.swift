import Git2
import TestSupport

@testable import GitState

/// A machine of a test: a repository of its own with a store, and git for the way between them.
struct Machine {
  let name: String
  let store: StateStore
  let scratch: Scratch

  /// Makes a repository with a state, or without one.
  init(
    _ name: String, in scratch: Scratch, seed: UInt64, hasState: Bool = true,
    clock: @escaping @Sendable () -> Int = { 1_700_000_000_000 }
  ) async throws {
    self.name = name
    self.scratch = scratch
    try scratch.repository(name)
    var random = SeededRandom(seed: seed)
    store = try StateStore(
      at: scratch[name], hostName: name,
      identity: Signature(name: "orch", email: "orch@localhost", seconds: 0), clock: clock,
      using: &random)
    if hasState { try await store.initialise() }
  }

  var tip: String { get throws { try scratch.git("rev-parse", "refs/orch/state", in: name) } }

  /// Fetches another machine's state with git, as a sync does.
  func fetch(_ other: Machine) throws -> ObjectID {
    try scratch.git(
      "-c", "fetch.fsckObjects=true", "fetch", "-q", "--no-tags", scratch[other.name],
      "+refs/orch/state:refs/orch/remotes/\(other.name)/state", in: name)
    return try id(
      scratch.git("rev-parse", "refs/orch/remotes/\(other.name)/state", in: name))
  }

  /// Fetches another machine's state and joins it.
  @discardableResult
  func join(
    _ other: Machine, limits: ValidationLimits = .sync
  ) async throws -> JoinReport {
    try await store.join(with: fetch(other), limits: limits)
  }

  /// A file of the state as git shows it.
  func show(_ path: String) throws -> String {
    try scratch.git("show", "refs/orch/state:\(path)", in: name)
  }

  /// The state's tree as files.
  func tree() async throws -> TreeFixture {
    try await store.read { state, repository in
      try TreeFixture(state.root, PackWriter(), in: repository)
    }
  }

  /// Puts a commit with a changed tree on top of the state, as a person with git would.
  func commit(
    _ change: @Sendable @escaping (inout TreeFixture) -> Void
  ) async throws {
    let id = try await store.read { state, repository in
      var tree = try TreeFixture(state.root, PackWriter(), in: repository)
      change(&tree)
      return try stateCommit(tree, on: [state.tip], in: repository)
    }
    try scratch.git("update-ref", "refs/orch/state", id.hex, in: name)
  }
}

struct NoSuchObject: Error {}

func id(_ hex: String) throws -> ObjectID {
  guard let id = ObjectID(hex: hex) else { throw NoSuchObject() }
  return id
}

/// Writes a commit with a tree made of files.
func stateCommit(
  _ tree: TreeFixture, on parents: [ObjectID], in repository: borrowing Repository
) throws -> ObjectID {
  var pack = PackWriter()
  let root = try tree.write(to: &pack)
  return try stateCommit(root, on: parents, &pack, in: repository)
}

/// Writes a commit with a tree of a pack.
func stateCommit(
  _ root: ObjectID, on parents: [ObjectID], _ pack: inout PackWriter,
  in repository: borrowing Repository
) throws -> ObjectID {
  let signature = Signature(name: "hand", email: "hand@localhost", seconds: 1_700_000_000)
  let id = try pack.add(
    Genesis.commitBytes(tree: root, parents: parents, by: signature, message: "by hand\n"),
    .commit)
  try pack.write(into: repository.commonDirectory + "/objects")
  try repository.refreshObjects()
  return id
}

/// A tree with one folder replaced; the folders on the way are read from the pack, or the repository.
func graft(
  _ folder: ObjectID, at path: ArraySlice<String>, of root: ObjectID, _ pack: inout PackWriter
) throws -> ObjectID {
  guard let name = path.first else { return folder }
  var tree = try RawTree(bytes: pack[root]?.bytes ?? [])
  let next = try graft(
    folder, at: path.dropFirst(), of: tree[name]?.id ?? Genesis.emptyTree, &pack)
  tree.set(.init(mode: RawTree.treeMode, name: name, id: next))
  return try pack.add(tree.bytes, .tree)
}

/// The same with folders of the repository.
func graft(
  _ folder: ObjectID, at path: ArraySlice<String>, of root: ObjectID, _ pack: inout PackWriter,
  in repository: borrowing Repository
) throws -> ObjectID {
  guard let name = path.first else { return folder }
  var tree = RawTree()
  if root != Genesis.emptyTree {
    tree = try RawTree(bytes: JoinObjects(pack: pack).bytes(of: root, .tree, in: repository))
  }
  let next = try graft(
    folder, at: path.dropFirst(), of: tree[name]?.id ?? Genesis.emptyTree, &pack, in: repository)
  tree.set(.init(mode: RawTree.treeMode, name: name, id: next))
  return try pack.add(tree.bytes, .tree)
}
