"""A registry of npm on this machine: our packs, and two platforms more with programs that would be wrong here. It redirects requests
for anything else to the registry that npm has."""

import base64
import contextlib
import hashlib
import io
import json
import subprocess
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import unquote

OTHERS = {
    "@camtoken/cli-darwin-arm64": {"os": ["darwin"], "cpu": ["arm64"]},
    "@camtoken/cli-linux-x64-musl": {"os": ["linux"], "cpu": ["x64"], "libc": ["musl"]},
}


@contextlib.contextmanager
def serve(packs, environment):
    """Serves as long as the block lasts; its result has the address as `url`."""
    contents = dict(map(read, packs))
    starter = contents["camtoken"]
    for name, machine in OTHERS.items():
        manifest = {"name": name, "version": version(starter), **machine}
        contents[name] = {"package.json": json.dumps(manifest).encode(), "bin/camtoken": b"#!/bin/sh\necho wrong\n"}
    manifest = json.loads(starter["package.json"])
    manifest["optionalDependencies"].update(dict.fromkeys(OTHERS, version(starter)))
    starter["package.json"] = json.dumps(manifest).encode()

    rest = subprocess.run(["npm", "config", "get", "registry"], env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    tarballs = {name: written(files) for name, files in contents.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = unquote(self.path).lstrip("/")
            name = path.removesuffix(".tgz")
            if name not in tarballs:
                self.send_response(302)
                self.send_header("Location", rest.rstrip("/") + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            answer = tarballs[name] if path.endswith(".tgz") else packument(name, contents[name], tarballs[name], url)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield SimpleNamespace(url=url)
    finally:
        server.shutdown()
        server.server_close()


def read(pack):
    with tarfile.open(pack) as tar:
        files = {entry.name.removeprefix("package/"): tar.extractfile(entry).read() for entry in tar if entry.isfile()}
    return json.loads(files["package.json"])["name"], files


def written(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mode = len(content), 0o755 if name.startswith("bin/") or name.endswith("cli.js") else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def version(files):
    return json.loads(files["package.json"])["version"]


def packument(name, files, tarball, url):
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    manifest = {**json.loads(files["package.json"]), "dist": {"tarball": f"{url}/{name}.tgz", "integrity": integrity}}
    return json.dumps({"name": name, "dist-tags": {"latest": version(files)}, "versions": {version(files): manifest}}).encode()
