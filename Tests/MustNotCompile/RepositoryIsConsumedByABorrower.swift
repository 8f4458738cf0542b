// must not compile: is borrowed and cannot be consumed
//
// Who was lent a repository cannot give it away.
import Git2

func giveAway(_ repository: borrowing Repository) -> Repository {
  repository
}
