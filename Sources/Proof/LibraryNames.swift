/// What is known of libraries by their name alone.
enum LibraryNames {
    /// Whether a library is part of the C library, which only ever comes with the base.
    static func isPartOfLibc(_ name: String) -> Bool {
        if name.hasPrefix("ld-") || name.hasPrefix("ld64.") || name.hasPrefix("libc.musl-") || name == "libc.so" {
            return true
        }
        guard let dot = name.firstRange(of: ".so.") else { return false }
        return libc.contains(String(name[..<dot.lowerBound]))
    }

    private static let libc: Set<String> = [
        "libc", "libm", "libpthread", "libdl", "librt", "libutil", "libresolv", "libanl", "libmvec", "libBrokenLocale",
        "libthread_db", "libnss_files", "libnss_dns", "libnss_compat",
    ]

    /// The Debian package that has a library, for the ones that services ask for; nil for any other.
    static func package(of name: String) -> String? { packages[name] }

    private static let packages = [
        "libpq.so.5": "libpq5", "libmariadb.so.3": "libmariadb3", "libmysqlclient.so.21": "libmysqlclient21",
        "libsqlite3.so.0": "libsqlite3-0", "libodbc.so.2": "libodbc2", "libxml2.so.2": "libxml2",
        "libxslt.so.1": "libxslt1.1", "libffi.so.8": "libffi8", "libffi.so.7": "libffi7", "libssl.so.3": "libssl3",
        "libcrypto.so.3": "libssl3", "libssl.so.1.1": "libssl1.1", "libcrypto.so.1.1": "libssl1.1",
        "libz.so.1": "zlib1g", "libbz2.so.1.0": "libbz2-1.0", "liblzma.so.5": "liblzma5", "libzstd.so.1": "libzstd1",
        "liblz4.so.1": "liblz4-1", "libsnappy.so.1": "libsnappy1v5", "libjpeg.so.62": "libjpeg62-turbo",
        "libpng16.so.16": "libpng16-16", "libtiff.so.6": "libtiff6", "libwebp.so.7": "libwebp7",
        "libfreetype.so.6": "libfreetype6", "libfontconfig.so.1": "libfontconfig1", "libcairo.so.2": "libcairo2",
        "libpango-1.0.so.0": "libpango-1.0-0", "libglib-2.0.so.0": "libglib2.0-0",
        "libgobject-2.0.so.0": "libglib2.0-0",
        "libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libX11.so.6": "libx11-6", "libxcb.so.1": "libxcb1",
        "libSM.so.6": "libsm6", "libICE.so.6": "libice6", "libXext.so.6": "libxext6", "libXrender.so.1": "libxrender1",
        "libstdc++.so.6": "libstdc++6", "libgcc_s.so.1": "libgcc-s1", "libgomp.so.1": "libgomp1",
        "libatomic.so.1": "libatomic1", "libgfortran.so.5": "libgfortran5", "libquadmath.so.0": "libquadmath0",
        "libopenblas.so.0": "libopenblas0", "libblas.so.3": "libblas3", "liblapack.so.3": "liblapack3",
        "libgeos_c.so.1": "libgeos-c1v5", "libproj.so.25": "libproj25", "libgdal.so.32": "libgdal32",
        "libcurl.so.4": "libcurl4", "libcurl-gnutls.so.4": "libcurl3-gnutls", "libldap-2.5.so.0": "libldap-2.5-0",
        "liblber-2.5.so.0": "libldap-2.5-0", "libsasl2.so.2": "libsasl2-2", "libgssapi_krb5.so.2": "libgssapi-krb5-2",
        "libkrb5.so.3": "libkrb5-3", "libmagic.so.1": "libmagic1", "libzmq.so.5": "libzmq5",
        "librdkafka.so.1": "librdkafka1",
        "libsodium.so.23": "libsodium23", "libgmp.so.10": "libgmp10", "libmpfr.so.6": "libmpfr6",
        "libuv.so.1": "libuv1",
        "libyaml-0.so.2": "libyaml-0-2", "libreadline.so.8": "libreadline8", "libncursesw.so.6": "libncursesw6",
        "libtinfo.so.6": "libtinfo6", "libuuid.so.1": "libuuid1", "libexpat.so.1": "libexpat1",
        "libcrypt.so.1": "libcrypt1",
        "libnsl.so.2": "libnsl2", "libtirpc.so.3": "libtirpc3", "libsndfile.so.1": "libsndfile1",
        "libavcodec.so.59": "libavcodec59", "libhdf5_serial.so.103": "libhdf5-103-1", "libasound.so.2": "libasound2",
        "libsystemd.so.0": "libsystemd0", "libpcre2-8.so.0": "libpcre2-8-0", "libevent-2.1.so.7": "libevent-2.1-7",
    ]
}
