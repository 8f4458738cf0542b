// must compile
//
// The control: what the other files of this folder do is right here. If it fails, their failures say nothing.
@testable import Git2

func values(of path: String) throws -> [ObjectID] {
  let repository = try Repository(at: path)
  let head = try repository.reference("HEAD")
  return head.map { [$0] } ?? []
}

func borrowed(_ repository: borrowing Repository) throws -> Bool {
  repository.contains(.zero)
}

func shared(_ actor: RepositoryActor) async -> Bool {
  await actor.run { repository in repository.contains(.zero) }
}

func ended(_ repository: borrowing Repository) throws {
  let raw = repository.raw
  let index = try Handle<IndexKind>("read the index") { git_repository_index_stub($0, raw) }
  index.end()
}

func moved(_ path: String) throws -> Bool {
  let repository = try Repository(at: path)
  let other = repository
  return other.isBare
}

func git_repository_index_stub(
  _ pointer: UnsafeMutablePointer<OpaquePointer?>, _ raw: OpaquePointer
) -> Int32 { -1 }
