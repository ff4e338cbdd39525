/// A request to a token server.
package struct TokenRequest: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Absolute, with its query.
    package let url: String
    /// Body of a POST, `application/x-www-form-urlencoded`; nil for a GET.
    package let form: String?
    /// Value of the `Authorization` header.
    package let authorization: String?

    package init(url: String, form: String? = nil, authorization: String? = nil) {
        self.url = url
        self.form = form
        self.authorization = authorization
    }

    package var description: String { "\(form == nil ? "GET" : "POST") \(url.prefix { $0 != "?" })" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A token server's answer.
package struct TokenAnswer: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package let status: Int
    /// At most 64 KiB.
    package let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    package var description: String { "\(status) with \(body.count) bytes" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
