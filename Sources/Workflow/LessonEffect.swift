/// What a lesson does, measured: tasks that were told it beside tasks that went without.
public struct LessonEffect: Sendable, Hashable {
  /// Tasks that were treated alike.
  public struct Arm: Sendable, Hashable {
    /// How many.
    public var tasks = 0
    /// How many came to a good end with their first attempt.
    public var firstTime = 0
    /// Their attempts, together.
    public var attempts = 0
    /// What they cost, in US dollars.
    public var costUSD = 0.0

    /// No tasks.
    public init() {}

    /// The part of first attempts that succeeded; nil without tasks.
    public var rate: Double? { tasks == 0 ? nil : Double(firstTime) / Double(tasks) }
  }

  /// Tasks whose first worker was told it.
  public var told = Arm()
  /// Comparable tasks whose first worker was not.
  public var heldOut = Arm()

  /// Nothing measured.
  public init() {}

  /// The most tasks that count, told and not told together: the newest, so that a lesson whose cause is gone is noticed.
  public static let maximumSamples = 600

  /// How much more often first attempts succeed with it than without: -1 to 1.
  ///
  /// One success and one failure are added to each side (Agresti and Caffo 2000), so that few tasks say little.
  public var difference: Double { Self.adjusted(told).rate - Self.adjusted(heldOut).rate }

  /// The standard error of the difference.
  var error: Double {
    (Self.adjusted(told).variance + Self.adjusted(heldOut).variance).squareRoot()
  }

  /// True if it helps, at a confidence of 97.5 percent.
  public var isProven: Bool {
    told.tasks > 0 && heldOut.tasks > 0 && difference - LessonVerdict.confident * error > 0
  }

  private static func adjusted(_ arm: Arm) -> (rate: Double, variance: Double) {
    let count = Double(arm.tasks + 2)
    let rate = Double(arm.firstTime + 1) / count
    return (rate, rate * (1 - rate) / count)
  }

  private mutating func take(_ task: TaskView, first: Attempt, wasTold: Bool) {
    let isGood = first.outcome == .succeeded || first.outcome == .delegated
    let isSuccess = isGood && !task.attempts.contains { $0.purpose == .repair }
    guard told.tasks + heldOut.tasks < Self.maximumSamples else { return }
    func add(_ arm: inout Arm) {
      arm.tasks += 1
      arm.firstTime += isSuccess ? 1 : 0
      arm.attempts += task.attempts.count
      arm.costUSD += task.costUSD
    }
    if wasTold { add(&told) } else { add(&heldOut) }
  }
}

extension LessonEffect {
  /// Measures every lesson that was told or held back.
  ///
  /// A task counts by its first attempt that was decided by its work. One that was also told a lesson that is retired by now
  /// and is about the same thing is of another world and counts for nothing: of two lessons that say the same, neither shows
  /// much of an effect while both are told, and when the first has gone, the other must not go by the same figures.
  public static func measure(
    _ tasks: some Sequence<TaskView>, of lessons: some Sequence<Lesson>
  ) -> [String: LessonEffect] {
    var effects: [String: LessonEffect] = [:]
    var kin = RetiredKin(lessons)
    for task in tasks.sorted(by: { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }) {
      guard task.kind != .retrospective, let first = firstDecided(task) else { continue }
      let told = Set(first.lessons)
      for (ids, wasTold) in [(first.lessons, true), (first.heldOut, false)] {
        for id in ids where told.isDisjoint(with: kin.of(id)) {
          effects[id, default: LessonEffect()].take(task, first: first, wasTold: wasTold)
        }
      }
    }
    return effects
  }

  /// The first attempt whose end says something about the work; nil if there is none, or a person stepped in before.
  public static func firstDecided(_ task: TaskView) -> Attempt? {
    task.attempts.first { attempt in
      guard attempt.endedAt != nil, attempt.outcome != .interrupted else { return false }
      return attempt.outcome != .failed || isFailure(attempt)
    }
  }

  /// True for an attempt that failed by what its worker did.
  static func isFailure(_ attempt: Attempt) -> Bool {
    guard attempt.outcome == .failed, let failure = attempt.failure else {
      return attempt.outcome == .unfinished
    }
    switch failure {
    case .rateLimited, .overloaded, .authentication, .quota, .notInstalled, .misconfigured,
      .environment, .killed,
      .budgetExceeded:
      return false
    case .contextExhausted, .turnLimit, .refused, .crashed, .timedOut, .stalled, .noOutput,
      .malformedOutput, .nothingDone, .resourceLimit, .checksFailed, .conflict, .other:
      return true
    }
  }
}

/// What follows from a lesson's effect.
public enum LessonVerdict: Sendable, Hashable {
  /// It stays.
  case keep
  /// It is told to nobody any more.
  case retire(String)

  /// Standard errors for "it helps": one-sided 97.5 percent of the normal distribution.
  static let confident = 1.96
  /// The same for what makes a lesson go: 99.5 percent, because every task is another chance to be wrong, and a good one that
  /// goes costs more than a useless one that stays.
  static let certain = 2.576
  /// Tasks with and without it before it can be called harmful.
  static let harmfulAfter = (told: 20, heldOut: 10)
  /// Tasks with and without it before it can be called useless.
  static let uselessAfter = (told: 60, heldOut: 30)
  /// What a lesson must be able to gain to be worth its place in prompts.
  static let leastBenefit = 0.10

  /// Judges a lesson by its effect; those of people are theirs to judge.
  public static func decide(_ lesson: Lesson, _ effect: LessonEffect) -> LessonVerdict {
    guard lesson.isInForce, lesson.origin.isMeasured else { return .keep }
    if effect.told.tasks >= harmfulAfter.told, effect.heldOut.tasks >= harmfulAfter.heldOut,
      effect.difference + certain * effect.error < 0
    {
      return .retire("it does harm: \(effect.sentence)")
    }
    if effect.told.tasks >= uselessAfter.told, effect.heldOut.tasks >= uselessAfter.heldOut,
      effect.difference + certain * effect.error < leastBenefit
    {
      return .retire("it does not help: \(effect.sentence)")
    }
    return .keep
  }

  /// The lesson that is to go next, with the reason; nil if all stay.
  ///
  /// One at a time: the figures of the others are looked at anew without it. The worst goes first.
  public static func next(
    _ lessons: some Sequence<Lesson>, _ effects: [String: LessonEffect]
  ) -> (lesson: Lesson, reason: String)? {
    let going = lessons.compactMap { lesson -> (lesson: Lesson, reason: String, effect: Double)? in
      guard let effect = effects[lesson.id], case .retire(let reason) = decide(lesson, effect)
      else { return nil }
      return (lesson, reason, effect.difference)
    }
    return going.min { ($0.effect, $0.lesson.id) < ($1.effect, $1.lesson.id) }
      .map { ($0.lesson, $0.reason) }
  }
}

extension LessonEffect {
  /// The figures for a person.
  public var sentence: String {
    "first attempts succeeded in \(told.firstTime) of \(told.tasks) tasks with it"
      + " and in \(heldOut.firstTime) of \(heldOut.tasks) without"
  }
}
