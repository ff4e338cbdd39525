import Glibc
import OCI
import SystemPackage
import Testing

extension Acceptance {
    /// Compiled code in Python services: of a wheel with libraries of its own, of an sdist, and libraries that are opened by
    /// name and that no ELF file names.
    @Suite(.enabled(if: Tool.has("curl"), "needs curl")) struct NativeTests {
        /// Writes a PDF of a drawing, says what it is, and counts with C.
        private static let main = """
            import io, os
            from http.server import BaseHTTPRequestHandler, HTTPServer
            import knots, magic, numpy
            from PIL import Image
            from weasyprint import HTML

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    pixels = numpy.arange(300, dtype=numpy.uint8).reshape(10, 10, 3)
                    drawing = io.BytesIO()
                    Image.fromarray(pixels).save(drawing, "JPEG")
                    document = HTML(string="<h1>Spring tide</h1>").write_pdf()
                    text = " ".join([
                        magic.from_buffer(drawing.getvalue(), mime=True), magic.from_buffer(document, mime=True),
                        str(len(document) > 1000), str(knots.of_metres(1852)),
                        str(round(numpy.linalg.det(numpy.eye(3) * 2))), str(os.getuid()),
                    ])
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(text.encode())

            HTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()

            """

        private static let knots = """
            #define PY_SSIZE_T_CLEAN
            #include <Python.h>
            static PyObject *of_metres(PyObject *self, PyObject *metres) {
                long value = PyLong_AsLong(metres);
                if (value == -1 && PyErr_Occurred()) return NULL;
                return PyLong_FromLong(value / 1852);
            }
            static PyMethodDef methods[] = {{"of_metres", of_metres, METH_O, NULL}, {NULL}};
            static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "knots", NULL, -1, methods};
            PyMODINIT_FUNC PyInit_knots(void) { return PyModule_Create(&module); }

            """

        private static let setup = """
            from setuptools import Extension, setup
            setup(name="knots", version="1.0", ext_modules=[Extension("knots", ["knots.c"])])

            """

        /// The service: `knots` is an sdist in its folder, made here.
        private func service() async throws -> Service {
            let service = try await Service(
                named: "harbour",
                [
                    "requirements.txt":
                        "./sdists/knots-1.0.tar.gz\nnumpy==2.3.4\npillow==12.0.0\nweasyprint==66.0\npython-magic==0.4.27\n",
                    "main.py": Self.main, "Procfile": "web: python main.py\n",
                    "sdists/knots-1.0/setup.py": Self.setup, "sdists/knots-1.0/knots.c": Self.knots,
                    "sdists/knots-1.0/PKG-INFO": "Metadata-Version: 2.1\nName: knots\nVersion: 1.0\n",
                ])
            try await Command(
                "tar", "-C", service["sdists"].string, "-czf", service["sdists/knots-1.0.tar.gz"].string, "knots-1.0"
            ).succeed()
            try await Command("rm", "-r", service["sdists/knots-1.0"].string).succeed()
            return service
        }

        @Test func `an sdist in C, wheels with libraries of their own and libraries that are opened by name all serve`()
            async throws
        {
            let service = try await service()
            let folder = try Workspace.here().makeFolder("native")
            let layout = folder.appending("layout")
            _ = try await Autoimage().build(service, ["-t", "harbour", "--output", "oci:\(layout)"])
            let entries = try await Layout(layout).entries()
            for part in ["knots.cpython-", "libscipy_openblas64_", "libjpeg-", "libpango-1.0.so.0", "libmagic.so.1"] {
                #expect(entries.contains { $0.name.hasPrefix(part) }, "\(part)")
            }
            let programs: Set = ["gcc", "cc", "ld", "pip", "apt-get", "dpkg", "perl", "sh", "tar", "cargo"]
            #expect(entries.filter { programs.contains($0.name) && $0.kind != "d" }.map(\.path) == [])
            #expect(entries.filter { $0.name.hasSuffix(".h") }.map(\.path) == [])
            let size = entries.reduce(0) { $0 + $1.size }
            #expect(size <= 220_000_000, "\(size) bytes unpacked")

            let port = try FreePort()
            let run = try Autoimage().command(["run", "-e", "PORT=\(port)", "harbour"])
            try await run.running { server in
                let text = try await Site(port: port, server: server).get("/")
                #expect(text == "image/jpeg application/pdf True 1 8 65532")
            }
        }

        @Test func `programs of packages run: their alternatives and lists of plugins are there`() async throws {
            let service = try await Service(
                named: "chart",
                [
                    "requirements.txt": "pydot==4.0.1\n",
                    "main.py": """
                    import ctypes, ctypes.util, pydot
                    graph = pydot.graph_from_dot_data("digraph { ebb -> flood }")[0]
                    print(graph.create_svg().count(b"<title>flood</title>"), graph.create_png()[:4])
                    blas = ctypes.CDLL(ctypes.util.find_library("blas"))
                    blas.cblas_ddot.restype = ctypes.c_double
                    row = (ctypes.c_double * 2)(3, 4)
                    print(ctypes.util.find_library("blas"), blas.cblas_ddot(2, row, 1, row, 1))

                    """,
                    "autoimage.toml": "runtime-packages = [\"libblas3\"]\n",
                ])
            _ = try await Autoimage().build(service, ["-t", "chart"])
            let outcome = try await Autoimage().run("run", "chart")
            #expect(outcome.output == "1 b'\\x89PNG'\nlibblas.so.3 25.0\n", "\(outcome.errors)")
        }

        @Test func `a FastAPI service weighs at most 90 MB unpacked`() async throws {
            let image = try await Workspace.here().shelf.image(of: .fastapiHello)
            let unpacked = try await Layout(image.layout).entries().reduce(0) { $0 + $1.size }
            #expect(unpacked <= 90_000_000, "\(unpacked) bytes")
        }
    }
}
