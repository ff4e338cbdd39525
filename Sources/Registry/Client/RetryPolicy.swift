/// When a request is sent again, and for how long.
package struct RetryPolicy: Sendable {
    /// Waiting and failed attempts of one operation take at most this; bytes that arrive start it anew.
    package var budget: Duration = .seconds(120)
    /// The first wait; every further one is twice as long.
    package var first: Duration = .milliseconds(500)
    package var longest: Duration = .seconds(30)
    /// Attempts to connect to a host that refuses or has no address: waiting rarely helps then.
    package var connects = 4
    package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// The clock that attempts are measured by.
    package var now: @Sendable () -> ContinuousClock.Instant = { .now }
    /// A factor for the next wait, by chance, so that many clients do not come back together.
    package var jitter: @Sendable () -> Double = { .random(in: 0.5...1) }

    package init() {}

    /// The statuses that say "later" (those of proxies and load balancers among them).
    static let statuses: Set<Int> = [408, 429, 499, 500, 502, 503, 504, 522]

    /// What one of those statuses means that is answered again and again.
    static func error(_ status: Int, host: String, wanted: String, said: String) -> RegistryError {
        [429, 503].contains(status)
            ? .busy(host: host, wanted: wanted, said: said) : .unreachable(host: host, wanted: wanted, reason: said)
    }

    /// The wait before attempt number `count` (from 1) is repeated.
    func wait(after count: Int) -> Duration {
        let doubled = first * Double(UInt64(1) << UInt64(min(max(count - 1, 0), 30)))
        return min(doubled, longest) * jitter()
    }
}

/// How slow a transfer may be before it counts as broken.
package struct SlowestTransfer: Sendable {
    /// Bytes that must arrive in each window.
    package var bytes = 60 << 10
    package var window: Duration = .seconds(60)
    /// No byte at all for so long ends a transfer, too.
    package var idle: Duration = .seconds(60)

    package init() {}
}

/// A failure that may be gone the next time.
struct Transient: Error {
    /// What is thrown when there is no next time.
    let error: RegistryError
    /// What the registry asks for.
    var retryAfter: Duration?
    /// No connection came to be.
    var isConnect = false
    /// The host does not speak TLS.
    var isPlain = false
    /// Whether the registry wants fewer requests at once.
    var isLimit = false
}

/// What one operation may still spend on attempts.
final class RetryBudget {
    private let policy: RetryPolicy
    private let note: @Sendable (String) -> Void
    private var spent: Duration = .zero
    private var attempts = 0
    private var connects = 0
    private var highest: Int64 = 0
    private var arrived: Int64 = 0
    private var started: ContinuousClock.Instant

    init(_ policy: RetryPolicy, note: @escaping @Sendable (String) -> Void) {
        self.policy = policy
        self.note = note
        started = policy.now()
    }

    /// Counts a transfer that has come as far as `position`; a mebibyte is progress that starts the budget anew.
    ///
    /// Bytes that move a second time are none: a registry that forgets what it has would be sent it for ever.
    func reached(_ position: Int64) {
        guard position > highest else { return }
        arrived += position - highest
        highest = position
        guard arrived >= 1 << 20 else { return }
        arrived = 0
        spent = .zero
        attempts = 0
        connects = 0
        started = policy.now()
    }

    /// Waits before the next attempt, or throws the failure's error where nothing is left.
    func wait(after failure: Transient, host: String) async throws {
        try Task.checkCancellation()
        attempts += 1
        connects += failure.isConnect ? 1 : 0
        // A long attempt was mostly a transfer, which is worth some more.
        spent += min(started.duration(to: policy.now()), policy.budget / 4)
        let wait = max(failure.retryAfter ?? .zero, policy.wait(after: attempts))
        guard !failure.isPlain, spent + wait <= policy.budget, connects < policy.connects else { throw failure.error }
        note("\(failure.error); trying again in \(Self.text(wait))")
        spent += wait
        try await policy.sleep(wait)
        started = policy.now()
    }

    private static func text(_ wait: Duration) -> String {
        let tenths = Int64((wait / .seconds(1) * 10).rounded(.up))
        return tenths >= 100 || tenths % 10 == 0 ? "\((tenths + 9) / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
}
