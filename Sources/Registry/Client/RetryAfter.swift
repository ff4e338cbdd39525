/// The `Retry-After` header: seconds, or a date (RFC 9110, 10.2.3).
enum RetryAfter {
    /// The wait that a header asks for; a date is compared with the answer's own `Date` header, else with `now`.
    ///
    /// `now` is in seconds since 1970.
    static func wait(_ header: String?, date: String?, now: Int64) -> Duration? {
        guard let header else { return nil }
        if let seconds = Int64(header.filter { $0 != " " }) {
            return seconds >= 0 ? .seconds(min(seconds, 1 << 32)) : nil
        }
        guard let until = seconds(date: header) else { return nil }
        return .seconds(max(0, until - (date.flatMap(seconds(date:)) ?? now)))
    }

    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`; nil for the forms that RFC 9110 calls obsolete.
    static func seconds(date: String) -> Int64? {
        let words = date.split { $0 == " " || $0 == ":" || $0 == "," }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 8, words[7] == "GMT", let day = Int64(words[1]), let year = Int64(words[3]),
            let month = months.firstIndex(of: String(words[2])), let hour = Int64(words[4]),
            let minute = Int64(words[5]), let second = Int64(words[6]), (1...31).contains(day),
            (1970...9999).contains(year), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        return days(year: year, month: Int64(month) + 1, day: day) * 86400 + hour * 3600 + minute * 60 + second
    }

    /// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
    }
}
