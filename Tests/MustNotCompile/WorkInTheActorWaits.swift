// must not compile: to parameter expecting synchronous function type
//
// Work inside the actor has no suspension point: the call and libgit2's per-thread error stay together.
import Git2

func wait(_ actor: RepositoryActor, _ other: RepositoryActor) async {
  await actor.run { _ in await other.run { _ in } }
}
