package import Files
package import OCI
package import SystemPackage

extension State {
    /// Where the file of a Debian package is, or would be once it is downloaded, by its SHA-256.
    package func debianPackage(_ digest: Digest) -> FilePath {
        debian.appending("packages").appending(digest.hex + ".deb")
    }
}
