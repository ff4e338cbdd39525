import OCI
import Planning
import Testing

/// Artifacts from images beside the builder.
@Suite struct SourceImageTests {
    private let digest = Driftwood.digest("nginx")

    private func plan() throws -> BuildPlan {
        var plan = try Driftwood.plan()
        let reason = Reason.requested(option: "autoimage.toml:2 artifact")
        plan.images = [SourceImage(reference: "nginx:1.27", platform: plan.platform, reason: reason)]
        plan.runtime.copies.append(
            ArtifactCopy(
                from: "nginx:1.27", path: ImagePath("/usr/sbin/nginx"), destination: ImagePath("/opt/nginx"),
                group: .application, reason: reason))
        return plan
    }

    @Test func `an image without a pin keeps a plan from being run`() throws {
        let plan = try plan()
        #expect(
            throws: PinError.unpinned(keys: [
                plan.builder.base.key, plan.runtime.base.key, "nginx:1.27@linux/amd64",
            ])
        ) { try plan.pinned(by: Pins()) }
        #expect(
            PlanRule.all.first { $0.name == "bases pinned" }?.problems(plan) == [
                "the image nginx:1.27 has no pin; 'autoimage lock' resolves and records it"
            ])
    }

    @Test func `the lock fixes the image, and the Dockerfile copies from those bytes`() throws {
        let plan = try plan().applying(Pins(images: ["nginx:1.27@linux/amd64": digest]))
        #expect(plan.images[0].digest == digest)
        #expect(
            renderDockerfile(plan).contains(
                "COPY --from=nginx:1.27@\(digest) --chown=0:0 /usr/sbin/nginx /opt/nginx\n"))
        #expect(renderText(plan).contains("  artifact     nginx:1.27: /usr/sbin/nginx → /opt/nginx\n"))
        #expect(renderText(plan).contains("  image        nginx:1.27@sha256:"))
    }

    @Test func `libraries of an image are copied from it, as long as the plan names it`() throws {
        let library = LibraryAddition(
            package: nil, version: nil, image: "nginx:1.27", files: [ImagePath("/usr/lib/libpcre2-8.so.0")],
            neededBy: [ImagePath("/opt/nginx")])
        let pins = Pins(libraries: [".@linux/amd64": [library]], images: ["nginx:1.27@linux/amd64": digest])
        let plan = try plan().applying(pins)
        #expect(plan.runtime.copies.last?.from == "nginx:1.27")
        #expect(!plan.builder.artifacts.contains(ImagePath("/usr/lib/libpcre2-8.so.0")))
        #expect(
            renderDockerfile(plan).contains(
                "COPY --from=nginx:1.27@\(digest) --chown=0:0 /usr/lib/libpcre2-8.so.0 /usr/lib/libpcre2-8.so.0\n"))
        let without = try Driftwood.plan().applying(pins)
        #expect(!without.runtime.copies.contains { $0.from == "nginx:1.27" })
    }

    @Test func `a copy from an image that the plan does not name is refused`() throws {
        var plan = try plan()
        plan.images = []
        #expect(
            PlanRule.all.first { $0.name == "every copy names a declared artifact" }?.problems(plan).first
                == "the copy of /usr/sbin/nginx is from 'nginx:1.27', which is neither stage nor image of the plan; "
                + "the builder is 'builder'")
    }

    @Test func `what an image gives is no system folder either`() throws {
        var plan = try plan()
        plan.runtime.copies[plan.runtime.copies.count - 1].path = ImagePath("/usr")
        #expect(PlanRule.all.first { $0.name == "no artifact is a system folder" }?.problems(plan).isEmpty == false)
    }
}
