public import Git2

extension StateStore {
  /// Joins a fetched commit into the state, or takes it over if there is no state here.
  ///
  /// Everything in which it differs from ours is checked first; what breaks a rule is kept out and
  /// reported, the rest is joined. Returns when the result is durable. The commit's objects must be in
  /// the repository. Without `limits`, they are those of a first contact where there is no state here, and of
  /// a sync else. Throws `StateError.refused` or `.newerFormat` with our side untouched.
  public func join(
    with tip: ObjectID, limits: ValidationLimits? = nil
  ) async throws(StateError) -> JoinReport {
    let writer = writer
    return try await repository.run { repository throws(StateError) in
      try writer.join(tip, limits: limits, in: repository)
    }
  }
}
