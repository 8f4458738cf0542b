// must not compile: inaccessible due to 'private' protection level
//
// The actor's repository is reached only through the work that it runs.
import Git2

func look(_ actor: isolated RepositoryActor) -> Bool {
  actor.repository.isBare
}
