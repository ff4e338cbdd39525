/// Why a registry did not give or take something.
package enum RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No connection, no answer, or answers that tell of a failure there until the budget of time was spent.
    case unreachable(host: String, wanted: String, reason: String)
    /// It said "later" (429 or 503) until the budget of time was spent.
    case busy(host: String, wanted: String, said: String)
    /// It asks who is there, or forbids it; `tried` names the file or helper whose credentials were sent.
    case denied(host: String, wanted: String, said: String, tried: String?)
    case notFound(host: String, wanted: String, said: String)
    /// It does not take what was sent, or does not do what was asked.
    case refused(host: String, wanted: String, said: String)
    /// It answered something that the specification does not allow, or not what was asked for.
    case wrongAnswer(host: String, wanted: String, problem: String)
    /// Bytes that have another digest or size than the descriptor says.
    case wrongContent(host: String, wanted: String, problem: String)
    /// No image for the platform; `offered` lists those there are.
    case noPlatform(reference: String, wanted: String, offered: [String])
    case offline(wanted: String)
    /// A certificate file, mirrors file or credential store that cannot be used.
    case badConfiguration(place: String, problem: String)

    package var description: String {
        switch self {
        case .unreachable(let host, let wanted, let reason): "\(host) cannot be reached for \(wanted): \(reason)"
        case .busy(let host, let wanted, let said): "\(host) is too busy for \(wanted): \(said)"
        case .denied(let host, let wanted, let said, let tried):
            "\(host) denies \(wanted): \(said); "
                + (tried.map {
                    "the credentials of \($0) were sent and do not suffice; 'autoimage login \(host)' stores others"
                }
                    ?? "no credentials were found; 'autoimage login \(host)' stores some")
        case .notFound(let host, let wanted, let said): "\(host) has no \(wanted): \(said)"
        case .refused(let host, let wanted, let said): "\(host) refuses \(wanted): \(said)"
        case .wrongAnswer(let host, let wanted, let problem): "\(host) answered wrongly for \(wanted): \(problem)"
        case .wrongContent(let host, let wanted, let problem): "\(host) sent wrong bytes for \(wanted): \(problem)"
        case .noPlatform(let reference, let wanted, let offered):
            "\(reference) has no image for \(wanted); it has "
                + (offered.isEmpty ? "none at all" : offered.joined(separator: ", "))
        case .offline(let wanted): "\(wanted) needs the network, and --offline allows none; run once without it"
        case .badConfiguration(let place, let problem): "\(place): \(problem)"
        }
    }
}
