extension PullRequestView {
  mutating func noteReview(_ review: Review, at now: Int) {
    seenReviews = (seenReviews + [review.id]).suffix(Self.maximumSeenReviews)
    if review.verdict == .approved {
      obligations.end(.withdrawn("the reviewer approves")) { $0.reviewer == review.reviewer }
    } else {
      let subject = Obligation.Subject.review(id: review.id, reviewer: review.reviewer)
      obligations.raise(Obligation(subject, at: pair, since: now))
    }
    if review.verdict == .rejected {
      question = Question(.rejection, "\(review.reviewer) rejects it: is the work given up?")
    }
    // Remarks take back neither an approval nor an objection.
    guard review.verdict != .commented else { return }
    reviews.removeAll { $0.reviewer == review.reviewer }
    var spoken = review
    if sameWork.contains(review.head) { spoken.head = head }
    reviews.append(spoken)
    countApprovals()
  }

  mutating func noteWithdrawal(of reviewer: String) {
    reviews.removeAll { $0.reviewer == reviewer }
    obligations.end(.withdrawn("the verdict was dismissed")) { $0.reviewer == reviewer }
    countApprovals()
    // A merge that counted on it must be decided anew.
    if case .merging = activity { activity = nil }
  }

  mutating func noteReviewAsked(_ asked: String, at now: Int) {
    reviewAskedHead = asked
    reviewAskedAt = now
    reviewRounds += 1
  }

  private mutating func countApprovals() {
    isApproved = reviews.contains { $0.isPersonsApproval(of: head) }
  }
}
