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

    # An image that was built is a file, named by the image, with its labels and what its Dockerfile says.
    def place(name): return f"{folder}/images/" + name.replace("/", "%")

    def inspect(name):
        if not name.startswith("localhost/") or os.path.exists(place(name)): print("sha256:standin")
        else: refuse("Error response from daemon: No such image: " + name)

    def build(words):
        options, context = {}, words.pop()
        while words:
            key, value = words.pop(0), words.pop(0)
            if key not in {"--tag", "--label", "--file", "--target", "--build-arg"}: refuse("unknown flag: " + key)
            options.setdefault(key, []).append(value)
        file = options["--file"][0]
        if not os.path.isdir(context): refuse(f"unable to prepare context: path {context} not found")
        if not os.path.isfile(file): refuse("unable to evaluate symlinks in Dockerfile path: " + file)
        with open(file) as source: text = source.read()
        for line in text.splitlines():
            words = line.split()
            if words[:1] == ["COPY"] and not os.path.exists(f"{context}/{words[1]}"): refuse(f'"/{words[1]}": not found')
            if words[:1] == ["RUN"]:
                print("#1 [internal] load build definition from Dockerfile\n#5 0.1 compiling")
                print(f'------\nERROR: failed to solve: process "/bin/sh -c {line[4:]}" did not complete: exit code: 3')
                sys.exit(1)
        os.makedirs(folder + "/images", exist_ok=True)
        with open(place(options["--tag"][0]), "w") as image: image.write("\n".join(options["--label"]) + "\n" + text)

    def images(words):
        filters = dict(words[index + 1].split("=", 1) for index in range(0, len(words) - 2, 2))
        if words[-2:] != ["--format", "{{.Repository}}:{{.Tag}}"]: refuse("unknown flag: " + words[-1])
        for name in sorted(os.listdir(folder + "/images")) if os.path.isdir(folder + "/images") else []:
            with open(f"{folder}/images/{name}") as image: labels = image.read().splitlines()
            name = name.replace("%", "/")
            if filters["label"] in labels and name.split(":")[0] == filters["reference"]: print(name)

    def untag(name):
        if os.path.exists(folder + "/image-in-use"):
            refuse(f'Error response from daemon: conflict: unable to remove repository reference "{name}"')
        os.unlink(place(name))
        print("Untagged: " + name)

    if words == ["--version"]: print("Docker version 26.1.3, build b72abbb")
    elif words == ["version", "--format", "{{.Server.Version}}"]: print("26.1.3")
    elif words == ["info", "--format", "{{json .SecurityOptions}}"]: print('["name=seccomp,profile=builtin"]')
    elif words[:4] == ["image", "inspect", "--format", "{{.Id}}"]: inspect(words[4])
    elif words[:4] == ["image", "inspect", "--format", "{{json .Config.Volumes}}"]:
        print('{"/data":{},"/tmp":{}}' if words[4] == "sha256:standin" else refuse("No such image: " + words[4]))
    elif words[:1] == ["build"]: build(words[1:])
    elif words[:2] == ["images", "--filter"]: images(words[1:])
    elif words[:1] == ["rmi"]: untag(words[1])
    elif words[:4] == ["ps", "--all", "--no-trunc", "--filter"]: pass
    elif words[:2] == ["rm", "--force"]: kill(words[2])
    elif words[:1] in (["pause"], ["unpause"]):
        with open(f"{folder}/containers/{words[1]}") as file: number = int(file.read())
        os.killpg(number, signal.SIGSTOP if words[0] == "pause" else signal.SIGCONT)
    elif words[:1] == ["run"]: run(words[1:])
    else: refuse("unknown command: " + " ".join(words))
    """#
}
