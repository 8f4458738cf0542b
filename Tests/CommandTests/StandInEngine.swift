import Foundation
import TestSupport

/// A program `docker` that takes the documented words and nothing else, and runs containers with bubblewrap.
///
/// As with the real one, what runs inside is no child of the client: it goes on when the client is killed. The words are
/// those of https://docs.docker.com/reference/cli/docker/container/run and its neighbours.
enum StandInEngine {
  /// Writes it to `bin/docker` of a scratch; its calls are lines of `docker.log`, its containers `containers/`.
  static func install(in scratch: Scratch) throws {
    try scratch.write("bin/docker", text.replacingOccurrences(of: "@FOLDER@", with: scratch.path))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: scratch["bin/docker"])
    try FileManager.default.createDirectory(
      atPath: scratch["containers"], withIntermediateDirectories: true)
  }

  private static let text = #"""
    #!/usr/bin/env python3
    import json, os, shlex, signal, subprocess, sys, time
    folder = "@FOLDER@"
    flags = {"--rm", "--interactive", "--read-only"}
    values = {"--name", "--pull", "--log-driver", "--label", "--network", "--cap-drop", "--security-opt", "--ipc",
      "--shm-size", "--stop-timeout", "--user", "--memory", "--memory-swap", "--pids-limit", "--ulimit", "--env",
      "--workdir", "--mount", "--tmpfs", "--entrypoint"}
    words = sys.argv[1:]
    with open(folder + "/docker.log", "a") as log:
        log.write(" ".join(words).replace("\n", " ")[:20000] + "\n")

    def refuse(text):
        print("docker: " + text, file=sys.stderr)
        sys.exit(125)

    def kill(name):
        try:
            with open(f"{folder}/containers/{name}") as file: number = int(file.read())
        except FileNotFoundError:
            print(f"Error response from daemon: No such container: {name}", file=sys.stderr)
            sys.exit(1)
        try: os.killpg(number, signal.SIGKILL)
        except ProcessLookupError: pass
        try: os.unlink(f"{folder}/containers/{name}")
        except FileNotFoundError: pass

    def run(words):
        options = []
        while words and words[0].startswith("-"):
            word = words.pop(0)
            if word in flags: options.append((word, None))
            elif word in values: options.append((word, words.pop(0)))
            else: refuse("unknown flag: " + word)
        def all_of(name): return [value for key, value in options if key == name]
        image, name = words.pop(0), all_of("--name")[0]
        if image != "sha256:standin": refuse("no such image: " + image)
        shell = ["bwrap", "--unshare-pid", "--unshare-net", "--proc", "/proc", "--dev", "/dev"]
        for place in ["/usr", "/bin", "/lib", "/lib64", "/etc"]: shell += ["--ro-bind", place, place]
        places = {}
        for text in all_of("--mount"):
            part = dict(item.split("=", 1) if "=" in item else (item, True) for item in text.split(","))
            if set(part) - {"type", "source", "target", "readonly"} or part["type"] != "bind": refuse("mount " + text)
            if not os.path.exists(part["source"]): refuse("bind source path does not exist: " + part["source"])
            if part["target"] in places: refuse("Duplicate mount point: " + part["target"])
            places[part["target"]] = ["--ro-bind" if "readonly" in part else "--bind", part["source"], part["target"]]
        for text in all_of("--tmpfs"): places[text.split(":")[0]] = ["--tmpfs", text.split(":")[0]]
        for place in sorted(places, key=lambda path: path.count("/")): shell += places[place]
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "FROM_IMAGE": "yes"}
        for variable in all_of("--env"):
            if "=" in variable: environment.update([variable.split("=", 1)])
            elif variable in os.environ: environment[variable] = os.environ[variable]
        shell += ["--chdir", all_of("--workdir")[0], all_of("--entrypoint")[0]] + words
        child = subprocess.Popen(shell, env=environment, start_new_session=True)
        with open(f"{folder}/containers/{name}", "w") as file: file.write(str(child.pid))
        for number in [signal.SIGINT, signal.SIGTERM]:
            signal.signal(number, lambda sent, frame: None)
        code = child.wait()
        try: os.unlink(f"{folder}/containers/{name}")
        except FileNotFoundError: pass
        sys.exit(code if code >= 0 else 128 - code)

    if words == ["--version"]: print("Docker version 26.1.3, build b72abbb")
    elif words == ["version", "--format", "{{.Server.Version}}"]: print("26.1.3")
    elif words == ["info", "--format", "{{json .SecurityOptions}}"]: print('["name=seccomp,profile=builtin"]')
    elif words[:4] == ["image", "inspect", "--format", "{{.Id}}"]: print("sha256:standin")
    elif words[:4] == ["ps", "--all", "--no-trunc", "--filter"]: pass
    elif words[:2] == ["rm", "--force"]: kill(words[2])
    elif words[:1] in (["pause"], ["unpause"]):
        with open(f"{folder}/containers/{words[1]}") as file: number = int(file.read())
        os.killpg(number, signal.SIGSTOP if words[0] == "pause" else signal.SIGCONT)
    elif words[:1] == ["run"]: run(words[1:])
    else: refuse("unknown command: " + " ".join(words))
    """#
}
