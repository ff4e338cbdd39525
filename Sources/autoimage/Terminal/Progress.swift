import ArgumentParser
import OCI
import Planning
import Synchronization

/// How a build tells what it does, always on standard error.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
    /// `tty` where a person looks on, else `plain`.
    case auto
    /// Colours; a step's own output dimmed.
    case tty
    /// Lines of text.
    case plain
    /// One `BuildEvent` a line.
    case json
}

/// Prints build events as they come.
final class Progress: Sendable {
    private let style: ProgressStyle
    /// What is built, where several are built at once: it stands before every step and note.
    private let label: String?
    private let out = Terminal.standardError
    /// What the phases took, and every warning.
    let clock: PhaseClock
    /// The part of a step's last output that has no line end yet, by step.
    private let partial = Mutex<[String: String]>([:])

    init(_ style: ProgressStyle, label: String? = nil, clock: PhaseClock = PhaseClock()) {
        self.style = style == .auto ? (out.isInteractive ? .tty : .plain) : style
        self.label = label
        self.clock = clock
    }

    /// The same with every event marked as one of `label`'s; `clock` takes the times and warnings from then on.
    func labelled(_ label: String, clock: PhaseClock? = nil) -> Progress {
        Progress(
            style, label: [self.label, label].compactMap(\.self).joined(separator: " "), clock: clock ?? self.clock)
    }

    /// Prints one event.
    func report(_ event: BuildEvent) {
        let event = label.map { event.labelled($0) } ?? event
        switch event {
        case .phase(let name, _): clock.begin(name)
        case .warning(let text): clock.warn(text)
        default: break
        }
        guard style != .json else {
            if let bytes = try? CanonicalJSON.encode(event) { out.line(String(decoding: bytes, as: UTF8.self)) }
            return
        }
        switch event {
        case .phase(let name, let detail):
            out.line(paint("==> \(name)", .bold) + (detail.isEmpty ? "" : " \(Terminal.safe(detail))"))
        case .stepStarted(let step, let command): out.line(paint("[\(step)]", .blue) + " \(shortened(command))")
        case .stepCached(let step, let origin):
            out.line(paint("[\(step)]", .blue) + " cached" + (origin.map { " (from \(Terminal.safe($0)))" } ?? ""))
        case .stepOutput(let step, let text): output(text, of: step)
        case .stepFinished(let step, let seconds):
            flush(step)
            out.line(paint("[\(step)]", .blue) + " done in \(tenths(seconds)) s")
        case .note(let text): out.line("    \(Terminal.safe(text))")
        case .warning(let text): out.line(paint("warning:", .yellow) + " \(Terminal.safe(text))")
        }
    }

    /// Prints text that is meant for people only; with `json` it becomes a note.
    func say(_ text: String) {
        if style == .json { report(.note(text: text)) } else { out.line(Terminal.safe(text)) }
    }

    private func output(_ text: String, of step: String) {
        let lines = partial.withLock { pending -> [Substring] in
            let all = (pending[step] ?? "") + text
            var lines = all.split(separator: "\n", omittingEmptySubsequences: false)
            pending[step] = lines.popLast().map(String.init)
            return lines
        }
        for line in lines { printLine(line, of: step) }
    }

    private func flush(_ step: String) {
        let rest = partial.withLock { $0.removeValue(forKey: step) }
        if let rest, !rest.isEmpty { printLine(rest[...], of: step) }
    }

    private func printLine(_ line: Substring, of step: String) {
        let text = line.split(separator: "\r").last ?? ""
        out.line(paint("[\(step)]", .blue) + " " + paint(Terminal.safe(text), .dim))
    }

    private func shortened(_ command: String) -> String {
        let line = command.split(separator: "\n").first.map(String.init) ?? ""
        return Terminal.safe(line.count > 160 ? line.prefix(157) + "..." : line)
    }

    private func tenths(_ seconds: Double) -> String {
        let value = Int((seconds * 10).rounded())
        return "\(value / 10).\(value % 10)"
    }

    private enum Paint: String {
        case bold = "1"
        case dim = "2"
        case yellow = "33"
        case blue = "34"
    }

    private func paint(_ text: String, _ paint: Paint) -> String {
        style == .tty ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
    }
}

extension BuildEvent {
    /// The event with a label before its step's name or its text.
    fileprivate func labelled(_ label: String) -> BuildEvent {
        switch self {
        case .phase(let name, let detail):
            .phase(name: name, detail: "\(label)" + (detail.isEmpty ? "" : ": \(detail)"))
        case .stepStarted(let step, let command): .stepStarted(step: "\(label) \(step)", command: command)
        case .stepCached(let step, let origin): .stepCached(step: "\(label) \(step)", from: origin)
        case .stepOutput(let step, let text): .stepOutput(step: "\(label) \(step)", text: text)
        case .stepFinished(let step, let seconds): .stepFinished(step: "\(label) \(step)", seconds: seconds)
        case .note(let text): .note(text: "\(label): \(text)")
        case .warning(let text): .warning(text: "\(label): \(text)")
        }
    }
}
