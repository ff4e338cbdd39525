import OCI
import Planning
import Testing

/// A change of the good plan that breaks rules, and what is said about it.
struct BadPlan: Sendable, CustomTestStringConvertible {
    let rule: String
    let problems: [String]
    let change: @Sendable (inout BuildPlan) throws -> Void

    init(_ rule: String, _ problems: String..., change: @escaping @Sendable (inout BuildPlan) throws -> Void) {
        self.rule = rule
        self.problems = problems
        self.change = change
    }

    var testDescription: String { "\(rule): \(problems.first ?? "")" }
}

@Suite struct PlanRuleTests {
    @Test func `a good plan keeps every rule`() throws {
        let plan = try Driftwood.plan()
        #expect(PlanRule.all.flatMap { $0.problems(plan) } == [])
        #expect(try plan.pinned(by: pins(of: plan)).validated().plan == plan)
    }

    @Test(arguments: BadPlan.all) func `says what is wrong and which rule says so`(bad: BadPlan) throws {
        var plan = try Driftwood.plan()
        try bad.change(&plan)
        let found = PlanRule.all.flatMap { rule in rule.problems(plan).map { PlanProblem(rule: rule.name, text: $0) } }
        #expect(found == bad.problems.map { PlanProblem(rule: bad.rule, text: $0) })
    }

    @Test(arguments: PlanRule.all.map(\.name)) func `every rule has a plan that breaks it`(rule: String) {
        #expect(BadPlan.all.contains { $0.rule == rule && !$0.problems.isEmpty })
    }

    @Test func `rules have distinct names`() {
        #expect(Set(PlanRule.all.map(\.name)).count == PlanRule.all.count)
    }

    @Test(arguments: GoodPlan.all) func `accepts what only looks wrong`(good: GoodPlan) throws {
        var plan = try Driftwood.plan()
        try good.change(&plan)
        #expect(PlanRule.all.flatMap { $0.problems(plan) } == [])
    }

    @Test func `reports every problem at once`() throws {
        var plan = try Driftwood.plan()
        plan.runtime.config.ports = [Decided(0, .usual(why: "test"))]
        plan.runtime.config.user = Decided(.root, .usual(why: "test"))
        let pins = pins(of: plan)
        #expect(
            throws: PlanRuleError(problems: [
                PlanProblem(
                    rule: "a named user that is not root",
                    text: "the user 0:0 is root; choose another, or ask for root with the option user"),
                PlanProblem(rule: "ports from 1 to 65535", text: "port 0 is not between 1 and 65535; choose another"),
            ])
        ) { try plan.pinned(by: pins).validated() }
    }

    @Test(
        arguments: [
            (
                ["gcc", "pip"], Reason.requested(option: "--bases official"),
                Reason.requested(option: "--bases official")
            ),
            (
                ["apt-get", "pip", "sh"], .usual(why: "x"),
                .usual(why: "official images have no variant without apt-get, pip")
            ),
            (["sh"], .usual(why: "x"), nil),
        ] as [([String], Reason, Reason?)])
    func `says why an official image may hold tools`(_ tools: [String], _ reason: Reason, _ waived: Reason?) throws {
        var plan = try Driftwood.plan()
        plan.runtime.base = Driftwood.base(
            Driftwood.entry(role: .runtime, family: "official", tools: tools), reason: reason)
        let rule = try #require(PlanRule.all.first { $0.name == "no toolchain in the runtime base" })
        #expect(rule.outcome(for: plan) == waived.map { .waived(by: $0) } ?? .holds)
    }

    @Test func `an unpinned plan waits and is not broken`() throws {
        var plan = try Driftwood.plan()
        plan.runtime.base.pin = nil
        let waiting = PlanRule.all.filter { $0.outcome(for: plan) == .waits }.map(\.name)
        #expect(waiting == ["bases pinned"])
        #expect(throws: PinError.unpinned(keys: [plan.builder.base.key, plan.runtime.base.key])) {
            try plan.pinned(by: Pins())
        }
    }

    private func pins(of plan: BuildPlan) -> Pins {
        var pins = Pins()
        for base in [plan.builder.base, plan.runtime.base] { pins.bases[base.key] = base.pin }
        return pins
    }
}

/// A change of the good plan that keeps every rule.
struct GoodPlan: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout BuildPlan) throws -> Void

    init(_ name: String, change: @escaping @Sendable (inout BuildPlan) throws -> Void) {
        testDescription = name
        self.change = change
    }

    static let all: [GoodPlan] = [
        GoodPlan("a static program on scratch") { plan in
            plan.decisions.append(Decision("linking", Decided("static", .usual(why: "CGO_ENABLED=0"))))
            plan.runtime.base = Driftwood.base(
                Driftwood.entry(role: .runtime, libc: LibC(family: .none, version: nil), release: "none", abi: nil))
        },
        GoodPlan("a runtime with a newer libc of one release") {
            $0.runtime.base = Driftwood.base(
                Driftwood.entry(role: .runtime, libc: LibC(family: .glibc, version: "2.100")))
        },
        GoodPlan("a toolchain that was asked for") {
            $0.runtime.base = Driftwood.base(
                Driftwood.entry(role: .runtime, tools: ["pip"]), packages: [Decided("git", .requested(option: "x"))],
                reason: .requested(option: "--bases official"))
        },
        GoodPlan("an official image with what installs packages") {
            $0.runtime.base = Driftwood.base(
                Driftwood.entry(role: .runtime, family: "official", tools: ["apt-get", "dpkg", "npm", "pip"]))
        },
        GoodPlan("gcc-12-base, which holds no program") {
            $0.runtime.base = Driftwood.base(
                Driftwood.entry(role: .runtime), packages: [Decided("gcc-12-base", .usual(why: "libstdc++6"))])
        },
        GoodPlan("root that was asked for") {
            $0.runtime.config.user = Decided(.root, .requested(option: "--set user"))
        },
        GoodPlan("another user that the plan names") { plan in
            plan.runtime.config.user = Decided(Owner(uid: 1000, gid: 0), .requested(option: "--set user"))
            plan.runtime.files.append(file("/etc/passwd", "root:x:0:0::/:\napp:x:1000:0::/app:\n"))
        },
        GoodPlan("a program found along PATH") { plan in
            plan.runtime.config.environment.append(
                EnvironmentVariable("PATH", Decided("/opt/venv/bin:/usr/bin", .usual(why: "test"))))
            plan.runtime.config.entrypoint = decided(["gunicorn"])
        },
        GoodPlan("the interpreter by name") { $0.runtime.config.entrypoint = decided(["python3", "main.py"]) },
        GoodPlan("a shell of the runtime base, on either side of a merged /usr") { plan in
            plan.runtime.base = Driftwood.base(Driftwood.entry(role: .runtime, shell: ImagePath("/usr/bin/sh")))
            plan.runtime.config.entrypoint = decided(["/bin/sh", "-c", "x"])
        },
        GoodPlan("a copy inside another copy") { plan in
            plan.runtime.copies.append(copy("/opt/venv/bin", "/opt/venv/bin"))
        },
        GoodPlan("a password that is a variable's name") {
            $0.runtime.config.environment.append(
                EnvironmentVariable("URL", Decided("postgres://app:${PASSWORD}@db/app", .usual(why: "test"))))
        },
        GoodPlan("one shared library of a system folder") { plan in
            let file = ImagePath("/usr/lib/x86_64-linux-gnu/libpq.so.5")
            plan.builder.artifacts.append(file)
            plan.runtime.copies.append(
                ArtifactCopy(
                    from: "builder", path: file, destination: file, group: .systemLibraries, reason: .usual(why: "test")
                ))
        },
    ]
}

private func decided<Value>(_ value: Value) -> Decided<Value> { Decided(value, .usual(why: "test")) }

private func copy(_ path: StaticString, _ destination: StaticString, from: String = "builder") -> ArtifactCopy {
    ArtifactCopy(
        from: from, path: ImagePath(path), destination: ImagePath(destination), group: .application,
        reason: .usual(why: "test"))
}

private func file(_ path: StaticString, _ contents: String?) -> PlanFile {
    PlanFile(
        path: ImagePath(path), contents: contents, mode: 0o644, owner: .root, group: .application,
        reason: .usual(why: "test"))
}

private func step(_ name: String, needs: [String] = [], _ command: RunCommand) -> Step {
    Step(name: name, needs: needs, action: .run(command: command), reason: .usual(why: "test"))
}

extension BadPlan {
    static let all: [BadPlan] = bases + libc + builder + artifacts + runtime + secrets

    private static let bases: [BadPlan] = [
        BadPlan(
            "known platform", "the platform linux/riscv64 is not known; choose linux/amd64 or linux/arm64"
        ) { plan in
            plan.platform = Platform(architecture: "riscv64")
            plan.builder.base = Driftwood.base(plan.builder.base.entry, platform: plan.platform)
            plan.runtime.base = Driftwood.base(plan.runtime.base.entry, platform: plan.platform)
        },
        BadPlan(
            "known platform",
            "the runtime base debian/bookworm/python-3.11-runtime is for linux/arm64 and the plan for linux/amd64; choose the base for linux/amd64"
        ) { $0.runtime.base = Driftwood.base($0.runtime.base.entry, platform: Platform(architecture: "arm64")) },
        BadPlan(
            "known platform",
            "the builder base debian/bookworm/python-3.11-builder is for linux/arm64 and the plan for linux/amd64; choose the base for linux/amd64"
        ) { $0.builder.base = Driftwood.base($0.builder.base.entry, platform: Platform(architecture: "arm64")) },
        BadPlan(
            "bases pinned",
            "the runtime base debian/bookworm/python-3.11-runtime@linux/amd64 has no pin; 'autoimage lock' resolves and records it"
        ) { $0.runtime.base.pin = nil },
        BadPlan(
            "no toolchain in the runtime base",
            "the runtime base debian/bookworm/python-3.11-runtime has gcc, pip; choose a base without, or ask for this one with --bases debian"
        ) { $0.runtime.base = Driftwood.base(Driftwood.entry(role: .runtime, tools: ["pip", "openssl", "gcc"])) },
        BadPlan(
            "no toolchain in the runtime base",
            "the runtime base debian/bookworm/python-3.11-runtime has gcc, make; choose a base without, or ask for this one with --bases official"
        ) {
            $0.runtime.base = Driftwood.base(
                Driftwood.entry(role: .runtime, family: "official", tools: ["apt-get", "gcc", "make", "pip"]))
        },
        BadPlan(
            "no toolchain in the runtime base",
            "the runtime base gets the package libpq-dev, which is for building; add it to the builder, or ask for it by name"
        ) {
            $0.runtime.base = Driftwood.base(
                $0.runtime.base.entry, packages: [decided("libpq-dev"), decided("libpq5")])
        },
    ]

    private static let libc: [BadPlan] = [
        BadPlan(
            "one libc family",
            "the builder base debian/bookworm/python-3.11-builder has glibc 2.36 and the runtime base debian/bookworm/python-3.11-runtime has musl 1.2.5; choose two bases of one libc family"
        ) {
            $0.runtime.base = Driftwood.base(
                Driftwood.entry(role: .runtime, libc: LibC(family: .musl, version: "1.2.5")))
        },
        BadPlan(
            "libc of the builder no newer",
            "the builder base debian/bookworm/python-3.11-builder has glibc 2.36, newer than glibc 2.9 of the runtime base debian/bookworm/python-3.11-runtime; choose a runtime base of the builder's release"
        ) {
            $0.runtime.base = Driftwood.base(
                Driftwood.entry(role: .runtime, libc: LibC(family: .glibc, version: "2.9")))
        },
        BadPlan(
            "libc of the builder no newer",
            "the base debian/bookworm/python-3.11-runtime does not say its glibc version; add it to the catalog entry"
        ) {
            $0.runtime.base = Driftwood.base(Driftwood.entry(role: .runtime, libc: LibC(family: .glibc, version: nil)))
        },
        BadPlan(
            "no libc only for static artifacts",
            "the runtime base debian/bookworm/python-3.11-runtime has no libc and the artifacts are not known to be static; choose a runtime base with glibc 2.36"
        ) {
            $0.runtime.base = Driftwood.base(Driftwood.entry(role: .runtime, libc: LibC(family: .none, version: nil)))
        },
        BadPlan(
            "one distribution release",
            "the builder base debian/bookworm/python-3.11-builder is debian-12 and the runtime base debian/bookworm/python-3.11-runtime is debian-13; choose two bases of one release"
        ) { $0.runtime.base = Driftwood.base(Driftwood.entry(role: .runtime, release: "debian-13")) },
        BadPlan(
            "one interpreter ABI",
            "the builder base debian/bookworm/python-3.11-builder has ABI cp311 and the runtime base debian/bookworm/python-3.11-runtime has ABI cp313; choose two bases of one version"
        ) { $0.runtime.base = Driftwood.base(Driftwood.entry(role: .runtime, abi: "cp313")) },
    ]

    private static let builder: [BadPlan] = [
        BadPlan(
            "source paths inside their base",
            "step 'extra' copies setup.py, which is outside services/web; copy it in a step of its own",
            "step 'nothing' copies nothing; name a path or drop the step"
        ) { plan in
            let web = try SourcePath(parsing: "services/web")
            let paths = [try web.appending("app.py"), try SourcePath(parsing: "setup.py")]
            for (name, paths) in [("extra", paths), ("nothing", [])] {
                plan.builder.steps.append(
                    Step(
                        name: name, needs: [],
                        action: .copy(source: SourceCopy(paths: paths, base: web, destination: Driftwood.app)),
                        reason: .usual(why: "test")))
            }
        },
        BadPlan(
            "steps named and in order", "step 'first' needs 'later', which is no earlier step; put it before",
            "two steps are named 'install'; rename one",
            "the step name 'Test it' cannot be used; write a letter, then letters, digits, - or _"
        ) { plan in
            plan.builder.steps += [
                step("first", needs: ["later"], Driftwood.run(["true"])), step("install", Driftwood.run(["true"])),
                step("Test it", Driftwood.run(["true"])),
            ]
        },
        BadPlan(
            "steps named and in order",
            "the builder stage's name 'runtime' cannot be used; write a letter, then letters, digits, - or _, and not 'runtime'"
        ) { plan in
            plan.builder.name = "runtime"
            for index in plan.runtime.copies.indices { plan.runtime.copies[index].from = "runtime" }
        },
        BadPlan(
            "every run step names a program", "step 'empty' runs no program; give its command",
            "an argument of step 'null' holds a null byte; take it out"
        ) { plan in
            plan.builder.steps += [step("empty", Driftwood.run([])), step("null", Driftwood.run(["echo", "\0"]))]
        },
        BadPlan(
            "a shell where steps use one",
            "step 'custom' runs /bin/bash and the builder base debian/bookworm/python-3.11-builder has no shell; write the command without one"
        ) { plan in
            plan.builder.base = Driftwood.base(Driftwood.entry(role: .builder))
            plan.builder.steps.append(step("custom", Driftwood.run(["/bin/bash", "-c", "make"])))
        },
        BadPlan(
            "mounts hold no artifact",
            "step 'odd' mounts over /opt, so the artifact /opt/venv would be lost; mount elsewhere",
            "step 'odd' has two mounts at /var/x; move one",
            "step 'list' has a mount with the id 'a,readonly'; write letters, digits and . _ - / : @ +"
        ) { plan in
            let mounts: [Mount] = [
                .cache(id: "a", target: ImagePath("/opt")), .cache(id: "b", target: ImagePath("/var/x")),
                .tmpfs(target: ImagePath("/var/x")), .ssh,
            ]
            plan.builder.steps.append(step("odd", Driftwood.run(["true"], mounts: mounts)))
            let list: [Mount] = [.cache(id: "a,readonly", target: ImagePath("/var/y"))]
            plan.builder.steps.append(step("list", Driftwood.run(["true"], mounts: list)))
        },
    ]

    private static let artifacts: [BadPlan] = [
        BadPlan(
            "every copy names a declared artifact",
            "the copy of /srv/static is from 'assets', which is neither stage nor image of the plan; the builder is 'builder'",
            "the copy of /srv/static names no declared artifact; declare it in the builder"
        ) { $0.runtime.copies.append(copy("/srv/static", "/srv/static", from: "assets")) },
        BadPlan(
            "no artifact is a system folder", "the artifact / is the root folder; name what the program needs of it",
            "the artifact /lib is a whole system folder; name what the program needs of it",
            "the artifact /opt is a whole system folder; name what the program needs of it",
            "the artifact /proc/self is a folder of the kernel or of one run; name what the program needs of it",
            "the artifact /usr is a whole system folder; name what the program needs of it",
            "the artifact /usr/bin is a whole system folder; name what the program needs of it",
            "the artifact /usr/lib/jvm/java-17/bin is part of a toolchain; name what the program needs of it",
            "the artifact /usr/lib/python3.11 is part of a toolchain; name what the program needs of it",
            "the artifact /usr/local/go is part of a toolchain; name what the program needs of it"
        ) {
            $0.builder.artifacts += [
                ImagePath("/"), ImagePath("/usr"), ImagePath("/usr/bin"), ImagePath("/lib"), ImagePath("/opt"),
                ImagePath("/proc/self"), ImagePath("/usr/local/go"), ImagePath("/usr/lib/jvm/java-17/bin"),
                ImagePath("/usr/lib/python3.11"),
            ]
        },
        BadPlan(
            "no artifact is a system folder",
            "the copy of /app/etc goes onto /etc, which is a whole system folder; choose a folder of its own"
        ) { $0.runtime.copies.append(copy("/app/etc", "/etc")) },
        BadPlan(
            "no two files at one path",
            "/app comes from the artifact /app and from the artifact /opt/venv and from a file of the plan; keep one"
        ) { plan in
            plan.runtime.copies.append(copy("/opt/venv", "/app"))
            plan.runtime.files.append(file("/app", nil))
        },
    ]

    private static let runtime: [BadPlan] = [
        BadPlan(
            "a named user that is not root",
            "the user 0:65532 is root; choose another, or ask for root with the option user"
        ) { $0.runtime.config.user = decided(Owner(uid: 0, gid: 65532)) },
        BadPlan(
            "a named user that is not root",
            "the user 1000:1000 is not in /etc/passwd of the runtime; write that file with a line for 1000"
        ) { $0.runtime.config.user = decided(Owner(uid: 1000, gid: 1000)) },
        BadPlan(
            "a named user that is not root",
            "the user 65532:65532 is not in /etc/passwd of the runtime; write that file with a line for 65532"
        ) { $0.runtime.files.append(file("/etc/passwd", "root:x:0:65532::/:\n")) },
        BadPlan(
            "entrypoint inside the image",
            "the entrypoint starts '/usr/bin/gunicorn', which no artifact and no base brings into the image; name an artifact's file"
        ) { $0.runtime.config.entrypoint = decided(["/usr/bin/gunicorn"]) },
        BadPlan(
            "entrypoint inside the image",
            "the entrypoint starts 'gunicorn', which no artifact and no base brings into the image; name an artifact's file"
        ) { $0.runtime.config.entrypoint = decided(["gunicorn"]) },
        BadPlan(
            "entrypoint inside the image", "the entrypoint starts 'bin/serve'; write an absolute path or a bare name"
        ) { $0.runtime.config.entrypoint = decided(["bin/serve"]) },
        BadPlan("entrypoint inside the image", "the entrypoint is empty; give a command") {
            $0.runtime.config.entrypoint = decided([])
        },
        BadPlan("entrypoint inside the image", "the process 'worker' is empty; give a command") {
            $0.runtime.config.processes["worker"] = decided([""])
        },
        BadPlan(
            "a shell where the image starts one",
            "the entrypoint starts sh and the runtime base debian/bookworm/python-3.11-runtime has no such shell; write the command without one",
            "the process 'cron' starts /bin/bash and the runtime base debian/bookworm/python-3.11-runtime has no such shell; write the command without one"
        ) { plan in
            plan.runtime.config.entrypoint = decided(["sh", "-c", "x"])
            plan.runtime.config.processes["cron"] = decided(["/bin/bash", "-c", "y"])
        },
        BadPlan(
            "working directory inside the image",
            "the working directory /srv/www is in no artifact; choose a folder of the image"
        ) { $0.runtime.config.workingDirectory = ImagePath("/srv/www") },
        BadPlan(
            "ports from 1 to 65535", "port 65536 is not between 1 and 65535; choose another",
            "port -1 is not between 1 and 65535; choose another", "port 80 is there twice; name it once"
        ) { $0.runtime.config.ports = [65536, -1, 80, 80].map { decided($0) } },
        BadPlan(
            "variables can be set", "the variable '2X' of the image is not a name; write letters, digits and _",
            "the variable GREETING of the image is there twice; set it once",
            "the variable 'A B' of step 'more' is not a name; write letters, digits and _",
            "the variable C of step 'more' holds a null byte; take it out"
        ) { plan in
            plan.runtime.config.environment += [
                EnvironmentVariable("2X", decided("")), EnvironmentVariable("GREETING", decided("")),
            ]
            plan.builder.steps.append(step("more", Driftwood.run(["true"], environment: ["A B": "", "C": "\0"])))
        },
    ]

    private static let secrets: [BadPlan] = [
        BadPlan(
            "no secret in the plan",
            "the image's environment sets PIP_INDEX_URL, which is the name of a secret; leave it to the secret's mount",
            "step 'more' sets index, which is the name of a secret; leave it to the secret's mount",
            "the label index has the name of a secret; labels are public, drop it"
        ) { plan in
            plan.runtime.config.environment.append(EnvironmentVariable("PIP_INDEX_URL", decided("x")))
            plan.builder.steps.append(step("more", Driftwood.run(["true"], environment: ["index": "x"])))
            plan.runtime.config.labels["index"] = "x"
        },
        BadPlan(
            "no secret in the plan",
            "an argument of step 'more' holds a password in a URL; pass it as a secret or when the container starts",
            "the variable B of step 'more' holds a password in a URL; pass it as a secret or when the container starts",
            "the start command holds a password in a URL; pass it as a secret or when the container starts",
            "the process 'worker' holds a password in a URL; pass it as a secret or when the container starts",
            "the variable DATABASE_URL of the image holds a password in a URL; pass it as a secret or when the container starts",
            "the label source holds a password in a URL; pass it as a secret or when the container starts",
            "the file /etc/app.conf holds a password in a URL; pass it as a secret or when the container starts"
        ) { plan in
            let url = "see http://a.example/ and https://me:s3cret@b.example/simple"
            plan.builder.steps.append(step("more", Driftwood.run(["true", "--index=" + url], environment: ["B": url])))
            plan.runtime.config.command = [url]
            plan.runtime.config.processes["worker"] = decided(["/usr/bin/python3", url])
            plan.runtime.config.environment.append(EnvironmentVariable("DATABASE_URL", decided(url)))
            plan.runtime.config.labels["source"] = url
            plan.runtime.files.append(file("/etc/app.conf", url))
        },
    ]
}
