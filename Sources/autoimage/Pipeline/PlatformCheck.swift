import OCI
import Planning

/// What a machine cannot do for a platform; found before any work starts.
enum PlatformCheck: Error, Equatable, CustomStringConvertible {
    /// The builder has to run on another platform than this machine's.
    case needsMachine(Platform, reason: Reason, host: Platform)
    /// A builder is kept for looking around in it, which is of use for one platform at a time.
    case severalBuilders([Platform])

    /// Fails where a plan needs another machine.
    static func check(_ plans: [BuildPlan], target: BuildRequest.Target, host: Platform = .host) throws(PlatformCheck) {
        for plan in plans where plan.builder.base.platform != host {
            throw .needsMachine(plan.builder.base.platform, reason: plan.builder.portability.reason, host: host)
        }
        guard target == .runtime || plans.count == 1 else { throw .severalBuilders(plans.map(\.platform)) }
    }

    var description: String {
        switch self {
        case .needsMachine(let platform, let reason, let host):
            "\(platform) cannot be built on this machine, which is \(host): \(reason) needs a \(platform) machine; build it "
                + "on one, or leave it out with --platform \(host); building it here takes the BuildKit engine with "
                + "emulation or a remote builder, which is not in this version"
        case .severalBuilders(let platforms):
            "--target builder is for one platform, not \(platforms.map(\.description).joined(separator: " and ")): "
                + "choose one with --platform"
        }
    }
}
