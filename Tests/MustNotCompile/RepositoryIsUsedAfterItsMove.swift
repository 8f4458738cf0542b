// must not compile: used after consume
//
// A repository that was given away is closed by its new owner.
import Git2

func late(_ path: String) throws -> Bool {
  let repository = try Repository(at: path)
  let other = repository
  return other.isBare && repository.isBare
}
