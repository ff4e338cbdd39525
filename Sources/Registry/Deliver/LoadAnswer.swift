import OCI

/// What a daemon says while it loads: lines of JSON, of which the last texts and the first error are kept.
struct LoadAnswer {
    private let isSuccess: Bool
    private var line: [UInt8] = []
    private(set) var text = ""
    /// Why nothing was loaded; nil where all went well.
    private(set) var problem: String?

    init(isSuccess: Bool) { self.isSuccess = isSuccess }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if byte == 0x0A { endLine() } else if line.count < 1 << 16 { line.append(byte) }
        }
    }

    mutating func finish() {
        endLine()
        if !isSuccess, problem == nil { problem = text.isEmpty ? "it gave no reason" : text }
    }

    private mutating func endLine() {
        defer { line = [] }
        guard !line.isEmpty else { return }
        guard let message = try? CanonicalJSON.decode(Message.self, from: line) else {
            return keep(String(decoding: line, as: UTF8.self) + "\n")
        }
        if let error = message.errorDetail?.message ?? message.error ?? (isSuccess ? nil : message.message) {
            problem = problem ?? error
        }
        if let stream = message.stream { keep(stream) }
    }

    private mutating func keep(_ more: String) { text = String((text + more).suffix(8192)) }

    private struct Message: Decodable {
        let stream: String?
        let error: String?
        let errorDetail: Detail?
        let message: String?

        struct Detail: Decodable { let message: String? }
    }
}
