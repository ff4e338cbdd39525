import ArgumentParser
import Files
import OCI
import Planning
import SystemPackage
import Testing

@testable import autoimage

@Suite struct LockUpdateTests {
    /// A planned service of one script, with the pins that `change` leaves.
    private func service(
        options: [String] = [], environment: [String: String] = [:], _ change: (inout Pins, BuildPlan) -> Void
    ) throws -> PlannedService {
        let folder = try ScratchFolder()
        let files = [
            ("main.py", "print('hello')\n"), ("requirements.txt", "requests==2.32.0\n"),
            ("autoimage.toml", "[[artifact]]\nfrom = \"nginx:1.27\"\npath = \"/etc/nginx\"\n"),
        ]
        for (name, text) in files {
            try AtomicFile.write(Array(text.utf8), to: folder.path.appending(name))
        }
        let plan = try PlannedService(try PlanArguments.parse([folder.path.string]), environment: [:]).plan
        var pins = Self.pins(of: plan)
        change(&pins, plan)
        try AtomicFile.write(Array(LockWriter.text(of: pins).utf8), to: folder.path.appending("autoimage.lock"))
        return try PlannedService(try PlanArguments.parse([folder.path.string] + options), environment: environment)
    }

    /// Pins that fit a plan: every package of its recipes, and pip.
    private static func pins(of plan: BuildPlan) -> Pins {
        var pins = Pins()
        for base in [plan.builder.base, plan.runtime.base] {
            guard let recipe = base.entry.debian else { continue }
            let packages = (recipe.packages + base.packages.map(\.value)).map {
                PinnedPackage(name: $0, version: "1", sha256: Digest(of: []))
            }
            let pin = DebianPin(suite: recipe.suite, architecture: "amd64", packages: packages)
            pins.set(.debian(packages: pin), for: base)
        }
        for image in plan.images { pins.images[image.key] = Digest(of: []) }
        if let open = plan.open {
            pins.resolutions[plan.resolutionKey] = Resolution(inputs: open.inputs, packages: Self.packages)
        }
        return pins.withInstallers(of: plan)
    }

    /// What the service's requirement stands for.
    private static let packages = ["requests", "urllib3"].map { name in
        ResolvedPackage(
            name: name, version: "2.32.0", file: "\(name)-2.32.0-py3-none-any.whl", sha256: Digest(of: []), url: nil)
    }

    @Test func `under --locked requirements without a record fail, and a record of others`() throws {
        for (packages, known) in [
            (nil, "is not in it"), (Self.packages, "is in it for other requirements"),
        ] as [([ResolvedPackage]?, String)] {
            let error = #expect(throws: Failure.self) {
                try service(options: ["--locked"]) { pins, plan in
                    pins.resolutions[plan.resolutionKey] = packages.map {
                        Resolution(inputs: Resolution.noInputs, packages: $0)
                    }
                }
            }
            #expect(error?.code == .badConfiguration)
            #expect(error?.text.contains("what is resolved for python@linux/") == true)
            #expect(error?.text.contains(known) == true)
            #expect(error?.text.contains("run 'autoimage build ") == true)
        }
    }

    @Test(arguments: ["requirements", "URLlib3", nil])
    func `forgets what builds resolved, or one package of it`(_ name: String?) throws {
        let service = try service { _, _ in }
        let key = service.plan.resolutionKey
        let pins = service.lock.pins.resolutions
        #expect(pins[key]?.packages.count == 2 && service.plan.open == nil)
        let update: LockUpdate = name.map { .names([$0]) } ?? .everything
        let left = try update.selection(of: service).forgetting(in: pins)
        if name == "URLlib3" {
            #expect(left[key]?.packages.map(\.name) == ["requests"])
            // No requirements have these inputs: the next build resolves.
            #expect(left[key]?.inputs == Resolution.noInputs)
        } else {
            #expect(left.isEmpty)
        }
    }

    @Test func `a lock that fits is taken, locked or not`() throws {
        let service = try service(options: ["--locked"]) { _, _ in }
        #expect(service.lock.isLocked)
        #expect(service.plan.builder.base.pin != nil && service.plan.runtime.base.pin != nil)
        #expect(service.lock.pins.installers == ["pip@\(service.plan.platform)": "1"])
    }

    @Test func `under --locked a base that is not in it fails by name, before anything is fetched`() throws {
        let error = #expect(throws: Failure.self) {
            try service(options: ["--locked"]) { pins, plan in pins.bases[plan.runtime.base.key] = nil }
        }
        #expect(error?.code == .badConfiguration)
        #expect(error?.text.contains("-runtime@linux/") == true)
        #expect(error?.text.contains("is not in it") == true)
        #expect(error?.text.contains("run 'autoimage lock ") == true)
    }

    @Test func `under AUTOIMAGE_LOCKED an installer of another version fails`() throws {
        let error = #expect(throws: Failure.self) {
            try service(environment: ["AUTOIMAGE_LOCKED": "1"]) { pins, plan in
                pins.installers["pip@\(plan.platform)"] = "2"
            }
        }
        #expect(error?.text.contains("installer pip@linux/") == true)
        #expect(error?.text.contains(": 2 → 1") == true)
    }

    @Test func `a variable that is neither on nor off is refused`() throws {
        let error = #expect(throws: Failure.self) {
            try service(environment: ["AUTOIMAGE_OFFLINE": "maybe"]) { _, _ in }
        }
        #expect(error?.text == "AUTOIMAGE_OFFLINE='maybe': give 1 or 0")
    }

    @Test func `a pin that lacks a package of the plan is not taken`() throws {
        let service = try service { pins, plan in
            let base = plan.builder.base
            pins.set(
                .debian(packages: DebianPin(suite: "bookworm", architecture: "amd64", packages: [])), for: base)
        }
        #expect(service.plan.builder.base.pin == nil)
        #expect(service.plan.runtime.base.pin != nil)
    }

    @Test func `a name is a package, an installer, an image or a part of a base's key`() throws {
        let service = try service { _, _ in }
        let (builder, runtime) = (service.plan.builder.base.key, service.plan.runtime.base.key)
        func selection(_ names: String...) throws -> LockUpdate.Selection {
            try LockUpdate.names(names).selection(of: service)
        }
        #expect(try selection("libc6").packages == [runtime: ["libc6"]])
        #expect(try selection("pip").packages == [builder: ["python3-pip"]])
        #expect(try selection("nginx:1.27").images == ["nginx:1.27@\(service.plan.platform)"])
        #expect(try selection("-runtime").bases == [runtime])
        #expect(try selection(builder, "libc6") == .init(bases: [builder], packages: [runtime: ["libc6"]]))
        #expect(try LockUpdate.everything.selection(of: service).bases == [builder, runtime])
        #expect(try LockUpdate.nothing.selection(of: service) == .init())
    }

    @Test func `an unknown name is refused with the names there are`() throws {
        let service = try service { _, _ in }
        let (builder, runtime) = (service.plan.builder.base.key, service.plan.runtime.base.key)
        #expect(
            throws: LockFileError.unknownName(
                service.lock.path, "libcxx",
                known: [
                    builder, runtime, "pip", "nginx:1.27", "the Debian packages of these bases", "requirements",
                    "the packages that a build resolved",
                ])
        ) { try LockUpdate.names(["libcxx"]).selection(of: service) }
    }

    @Test(arguments: [
        (["--update", "--check"], "--update and --check exclude each other"),
        (["libc6"], "'libc6': names of what to resolve again go with --update"),
        (["--update", "--locked"], "--update and --locked exclude each other"),
    ])
    func `options of lock that contradict each other are refused`(options: [String], message: String) {
        let error = #expect(throws: (any Error).self) { try LockCommand.parse(["/tmp"] + options) }
        #expect(error.map { LockCommand.message(for: $0) } == message)
    }

    @Test func `names follow the folder`() throws {
        let command = try LockCommand.parse(["service", "--update", "libc6", "pip"])
        #expect(command.plan.path == "service" && command.names == ["libc6", "pip"])
    }
}
