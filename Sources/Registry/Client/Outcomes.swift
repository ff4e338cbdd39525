import OCI
import Synchronization

/// Counts what parallel uploads did.
final class Outcomes: Sendable {
    private let counted = Mutex(PushReport())

    /// Counts one blob.
    func count(_ outcome: BlobUpload.Outcome, _ blob: Descriptor) {
        counted.withLock { report in
            switch outcome {
            case .present: report.present += 1
            case .mounted: report.mounted += 1
            case .sent:
                report.sent += 1
                report.sentBytes += blob.size
            }
        }
    }

    var report: PushReport { counted.withLock { $0 } }
}

extension PushReport {
    static func += (left: inout PushReport, right: PushReport) {
        left.present += right.present
        left.mounted += right.mounted
        left.sent += right.sent
        left.sentBytes += right.sentBytes
    }
}
