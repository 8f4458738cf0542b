internal import JSON

/// Where pull requests live, and when they are merged.
public struct ForgeSettings: Sendable, Equatable {
  /// The forges that orch speaks to.
  public enum Kind: String, Sendable, CaseIterable {
    /// Any git remote; pull requests are records in the state.
    case local
    /// GitHub, or GitHub Enterprise.
    case github
  }

  /// When a pull request is merged by orch.
  public enum MergePolicy: String, Sendable, CaseIterable {
    /// By a person only.
    case never
    /// When every check passed and someone approved.
    case whenApproved = "when-approved"
    /// When every check passed.
    case whenGreen = "when-green"
  }

  /// How a pull request is merged.
  public enum MergeMethod: String, Sendable, CaseIterable {
    /// With a merge commit.
    case merge
    /// As one commit.
    case squash
    /// Commit by commit on top of the base.
    case rebase
  }

  /// The git remote of code and pull requests.
  public static let defaultRemote = "origin"
  /// Merging on the local forge.
  public static let defaultLocalMerge = MergePolicy.whenGreen
  /// Merging on GitHub.
  public static let defaultGitHubMerge = MergePolicy.whenApproved

  /// Time between two looks, in seconds.
  public static let defaultLookSeconds = 20

  /// Which forge.
  public var kind = Kind.local
  /// The base URL of the interface; nil is GitHub's own.
  public var api: String?
  /// `owner/name`; nil is read from the remote.
  public var repository: String?
  /// What was asked for; nil leaves it to the forge's kind.
  var chosenMerge: MergePolicy?
  /// How merging is done.
  public var mergeMethod = MergeMethod.merge
  /// The most pull requests that are tested together.
  public var mergeBatch = 1
  /// The git remote.
  public var remote = defaultRemote
  /// The branch that work is merged into; nil is the remote's default branch.
  public var base: String?

  /// The label whose issues become tasks; nil if none do.
  public var issueLabel: String?
  /// The label whose pull requests are watched, whoever opened them; empty if none are.
  public var watchLabel = "orch"
  /// True if an issue becomes a task when a member writes `@orch …` there.
  public var takesMentions = false
  /// True if orch assigns an issue to its account, and to the owner what waits for a person.
  public var assigns = true
  /// Logins of those whose orders are obeyed and whose approval counts; empty for all who may write.
  public var allowed: [String] = []
  /// Labels that a pull request must have to be merged.
  public var requiredLabels: [String] = []
  /// Checks that must have passed, whether or not they have begun.
  public var requiredChecks: [String] = []
  /// Times of day in which nothing is merged, as in `22:00-06:00`.
  public var quietHours: [String] = []
  /// How often the remote and the forge are looked at, in seconds.
  public var lookSeconds = defaultLookSeconds
  /// How long a run that has an end waits for a remote that cannot be reached, in seconds.
  public var outageSeconds = 600

  /// The App that orch works as, if it does.
  public var app = AppSettings()
  /// Where webhooks are listened for.
  public var webhooks = WebhookSettings()
  /// The board that follows tasks.
  public var project = ProjectSettings()

  /// Every default.
  public init() {}

  /// When orch merges: as set, else the default of the forge's kind.
  public var merge: MergePolicy {
    get {
      chosenMerge
        ?? (kind == .local ? ForgeSettings.defaultLocalMerge : ForgeSettings.defaultGitHubMerge)
    }
    set { chosenMerge = newValue }
  }
}

extension ForgeSettings.Kind: SettingsChoice {}
extension ForgeSettings.MergePolicy: SettingsChoice {}
extension ForgeSettings.MergeMethod: SettingsChoice {}

extension ForgeSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("type", \.kind, "Where pull requests live: in the state itself, or on GitHub."),
    Field(
      "api", \.api, standard: "GitHub's own",
      "The base URL of the interface, for GitHub Enterprise."),
    Field(
      "repository", \.repository, standard: "read from the remote", "The repository: `owner/name`."),
    Field(
      "merge", \.merge, standard: "`when-green` for `local`, `when-approved` for `github`",
      "When orch merges a pull request by itself. For `when-approved` a person must have approved its head: an agent's review can "
        + "hold a merge back, and replaces nobody."),
    Field("merge_method", \.mergeMethod, "How it is merged."),
    Field(
      "issue_label", \.issueLabel, standard: "none",
      "The label that makes a task of an issue of the forge."),
    Field(
      "watch_label", \.watchLabel,
      "The label with which people have orch watch a pull request that they opened: it is rebased, which rewrites its branch, repaired, "
        + "and merged as `forge.merge` says. Empty for none."),
    Field(
      "mentions", \.takesMentions,
      "Whether an open issue becomes a task when someone who belongs to the repository writes `@orch …` there."
    ),
    Field(
      "assign", \.assigns,
      "Whether orch assigns an issue that nobody is assigned to to the account that it works as once a worker begins, and what waits for "
        + "a person to `workflow.review_owner`."
    ),
    Field(
      "allowed", \.allowed, standard: "all who may write to the repository",
      "Logins of those whose orders (`/approve`, `/retry`, `/cancel`, `@orch …`) are obeyed on the forge, and whose approvals count."
    ),
    Field(
      "required_labels", \.requiredLabels, "Labels without which a pull request is not merged."),
    Field(
      "required_checks", \.requiredChecks,
      "Checks of the forge without which it is not merged, begun or not."),
    Field(
      "quiet_hours", \.quietHours,
      "Times of day, in this machine's zone, in which nothing is merged: `22:00-06:00`."),
    .seconds(
      "look_seconds", \.lookSeconds,
      "How often the remote and the forge are looked at while pull requests are open."),
    .seconds(
      "outage_seconds", \.outageSeconds,
      "How long `orch run --until-idle` and `--once` wait for a remote or a forge that cannot be reached, or that does "
        + "not take the state, before they end with an error and leave the tasks as they are; `orch run` waits for as "
        + "long as it takes."
    ),
    Field(
      "merge_batch", \.mergeBatch, .integer(1...64), unit: "requests",
      "The most pull requests that orch tests together before it merges them, where it runs the checks itself; "
        + "a batch that fails is halved until the one that fails it is found."),
    Field("app", \.app, "The GitHub App that orch works as."),
    Field("webhooks", \.webhooks, "How GitHub tells orch that something happened."),
    Field("project", \.project, "The GitHub project whose cards follow tasks: `owner/number`."),
    Field("remote", \.remote, "The git remote of code and pull requests."),
    Field(
      "base", \.base, standard: "the remote's default branch",
      "The branch that work starts from and is merged into."),
  ]
}
