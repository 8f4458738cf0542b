internal import Agents
internal import Engine
internal import GitCLI
internal import GitState
internal import Settings

/// Looks at the walls around workers: whether those that are configured could be had.
struct SandboxDoctor {
  let session: Session

  private var settings: SandboxSettings { session.settings.sandbox }

  func look() async -> [Finding] { await walls() + [limits] }

  /// What keeps the limits of workers, and how to get the better one.
  private var limits: Finding {
    let hint =
      "systemd-run --user --scope -p Delegate=yes orch run, or name a folder as 'sandbox.cgroup'"
    do throws(ControlGroupPlace.Absence) {
      let place = try ControlGroupPlace.find(configured: settings.controlGroup)
      if place.isComplete {
        return Finding(true, "the kernel keeps the limits of workers, in groups of '\(place.path)'")
      }
      let kept = place.limits.isEmpty ? "none" : "only \(place.limits.joined(separator: ", "))"
      return Finding(
        true,
        "workers end with their groups of '\(place.path)'; of limits the kernel keeps \(kept) there: the others are looked at twice a second",
        hint: hint)
    } catch {
      let isWrong = settings.controlGroup != nil
      return Finding(
        !isWrong, "limits of workers are looked at twice a second: \(error.text)", hint: hint)
    }
  }

  private func walls() async -> [Finding] {
    do {
      if settings.kind == .container { return try await container() }
      try await Bubblewrap(path: Environment.value("PATH") ?? "").check()
      return [
        Finding(
          true,
          settings.kind == .none ? "a sandbox could be had, and is off" : "sandbox: bubblewrap")
      ]
    } catch {
      return [problem(error)]
    }
  }

  private func problem(_ error: any Error) -> Finding {
    guard case .sandbox(let reason, let hint) = error as? AgentError else {
      return Finding(false, "sandbox: \(Explanation.report(of: error).sentence)")
    }
    return Finding(settings.kind == .none, "no sandbox can be had: \(reason)", hint: hint)
  }

  private func container() async throws -> [Finding] {
    let engine = try await ContainerEngine.find(
      Composition.engines(settings), environment: Environment.all)
    let how = engine.isRootless ? ", as this user" : ""
    var findings = [Finding(true, "sandbox: container; \(engine.kind.rawValue) answers\(how)")]
    if let image = settings.image {
      findings.append(try await look(at: image, of: "'sandbox.image'", engine))
      return findings
    }
    guard let (place, file) = try await baseFile() else {
      throw AgentError.sandbox(
        reason: "no image is named, and the base has no '\(DevContainer.places[0])'",
        hint: "set 'sandbox.image', or merge a devcontainer.json")
    }
    do {
      let folder = place.split(separator: "/").dropLast().joined(separator: "/")
      let said = try DevContainer(file, folder: folder, worktree: session.repository)
      findings += said.notes.map {
        Finding(true, "'\(place)': \($0)", hint: "workers go without it")
      }
      if let build = said.build {
        findings.append(Finding(true, "its image is built from '\(build.file)' of the base"))
      } else if let image = said.image {
        findings.append(try await look(at: image, of: "'\(place)'", engine))
      }
    } catch let problem as DevContainer.Problem {
      throw AgentError.sandbox(
        reason: "'\(place)' of the base \(problem.text)",
        hint: "change it there, or name an image as 'sandbox.image', and it is not used")
    }
    return findings
  }

  private func look(
    at image: String, of origin: String, _ engine: ContainerEngine
  ) async throws -> Finding {
    let isHere = try await engine.imageID(image) != nil
    return Finding(
      true,
      "its image is \(origin): \(image), \(isHere ? "which is here" : "which is pulled when it is needed")"
    )
  }

  /// The file of the base, which is fetched if it can be, and where it lies; nil if there is none.
  private func baseFile() async throws -> (place: String, text: String)? {
    let remote = session.settings.forge.remote
    var base = session.settings.forge.base
    if base == nil { base = try await session.git.defaultBranch(of: remote) }
    guard let branch = base else { return nil }
    let tracking = RefLayout.trackedBranch(branch, of: remote)
    try? await session.git.fetch(remote: remote, refspecs: ["+refs/heads/\(branch):\(tracking)"])
    for place in DevContainer.places {
      let result = try await session.git.run(
        ["cat-file", "blob", "\(tracking):\(place)"], accepting: [128])
      if result.exitCode == 0 { return (place, result.text) }
    }
    return nil
  }
}
