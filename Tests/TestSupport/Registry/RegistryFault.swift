/// What a scripted registry does wrong, as data.
package struct RegistryFault: Hashable, Sendable {
    /// The requests that a fault can be tied to.
    package enum Call: String, CaseIterable, Hashable, Sendable {
        case ping, token, refreshToken
        case headManifest, getManifest, deleteManifest
        /// Putting a manifest under its digest.
        case putManifest
        /// Putting a manifest under a tag.
        case putTag
        case headBlob, getBlob
        case startUpload, mount, patchUpload, putUpload, getUpload, cancelUpload
        case getReferrers, listTags
    }

    /// What happens in place of, or around, the right answer.
    package enum Effect: Hashable, Sendable {
        /// Answers this and does nothing of what was asked.
        case answer(Int, headers: [String: String] = [:], body: String = "")
        /// Answers this before the request's body was read, and does nothing of what was asked.
        case answerEarly(Int)
        /// Sends the client to the same path on another server, with a signature in the query (status 307).
        case redirect(to: String)
        /// Does nothing and closes the connection without an answer.
        case close
        /// Does what was asked and closes the connection without an answer.
        case vanish
        /// Reads so many bytes of the request's body, keeps them where it is an upload, and closes the connection.
        case cut(after: Int)
        /// Sends so many bytes of the answer's body and closes the connection.
        case truncate(after: Int)
        /// Sends `Content-Length` with another number than the body has.
        case declareLength(Int)
        /// Sets a header of the answer, or leaves it out.
        case header(String, String?)
        /// Sends other bytes, with the `Content-Length` that they have.
        case replaceBody([UInt8])
        /// Sends the body in pieces with pauses.
        case drip(bytes: Int, every: Duration)
        /// Sends a body that never ends.
        case endless(status: Int)
        /// Takes the request and never answers.
        case hang
        /// Waits before the right answer.
        case delay(Duration)
        /// Sends a whole blob though a range was asked for.
        case ignoreRange
        /// The same, and closes the connection after so many bytes.
        case wholeThenCut(after: Int)
        /// Forgets the tokens it gave; then answers rightly, which is 401 to an old token.
        case revokeTokens
    }

    package let call: Call
    package let effect: Effect
    /// How often it still happens; nil for ever.
    var left: Int?
    /// How many requests pass unharmed first.
    var skipping: Int
    /// Text that the path must contain.
    let path: String?
}

/// A request that a scripted registry got, and how it answered.
package struct RecordedRequest: Hashable, Sendable {
    /// Nil for a path that is not of the specification.
    package let call: RegistryFault.Call?
    package let method: String
    /// Without the query.
    package let path: String
    /// As it was sent, without the question mark.
    package let query: String
    /// By lower-case name; repeated ones joined by `, `.
    package let headers: [String: String]
    /// Bytes of the request's body that arrived.
    package internal(set) var bodyBytes: Int64 = 0
    /// The status of the answer, whether or not that arrived; nil where there is none, or none yet.
    package internal(set) var status: Int?
    /// Bytes of the answer's body that were handed to the connection.
    package internal(set) var sentBytes: Int64 = 0
    /// The moment when its head arrived, and the moment when it had been carried out, in one count of all such moments.
    package let began: Int
    package internal(set) var ended: Int?

    /// `POST /v2/a/blobs/uploads/ 202`, for comparing whole conversations.
    package var line: String { "\(method) \(path) \(status.map(String.init) ?? "-")" }
}
