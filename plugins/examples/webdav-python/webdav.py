"""Sync target: a folder on a WebDAV server."""

import base64
import json
from urllib.parse import quote

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.target import Report
from wit_world.imports import http, secrets, settings
from wit_world.imports.types import (
    Failure_Blocked,
    Failure_Rejected,
    Failure_Retry,
    Failure_Wait,
    Pause,
)

PAUSE_SECONDS = 30


class Target(exports.Target):
    def probe(self):
        server = Server()
        status, headers = server.ask("PROPFIND", "", [("Depth", "0")])
        if status == 404:
            raise Err(Failure_Blocked(f"there is no folder {server.url}: make it"))
        expect(status == 207, status, headers)
        return Report(f"WebDAV folder {server.url}", [])

    def put(self, object, previous, content):
        server = Server()
        # Everybody sees what has come so far of an upload, so it goes beside and is renamed.
        folder, _, name = object.path.rpartition("/")
        aside = f"{folder}/.boothsync-{name}".lstrip("/")

        def upload():
            # The span lends the blob to the host for one request.
            body = [http.Chunk_File(http.Span(content, 0, object.size))]
            return server.ask("PUT", aside, [("Content-Type", object.media_type)], body)

        status, headers = upload()
        if status in (403, 404, 409):
            server.make_folders(object.path)
            status, headers = upload()
        expect(is_good(status), status, headers)
        moved = [("Destination", server.address(object.path)), ("Overwrite", "T")]
        status, headers = server.ask("MOVE", aside, moved)
        expect(is_good(status), status, headers)
        return ""

    def delete(self, path, receipt):
        status, headers = Server().ask("DELETE", path, [])
        expect(is_good(status) or status == 404, status, headers)


class Server:
    def __init__(self):
        given = json.loads(settings.json())
        self.url = given["url"].rstrip("/")
        password = secrets.get("password")
        self.login = []
        if password is not None:
            login = f"{given.get('user', '')}:{password}".encode()
            self.login = [("Authorization", f"Basic {base64.b64encode(login).decode()}")]

    def address(self, path):
        return f"{self.url}/{quote(path)}"

    def ask(self, method, path, headers, body=()):
        """Sends one request. Any answer is fine here, of any status."""
        request = http.Request(method, self.address(path), [*headers, *self.login], list(body))
        with http.send(request) as response:
            return response.status(), dict(response.headers())

    def make_folders(self, path):
        """Makes the folders above. Those that are there answer 405, which is as good."""
        names = path.split("/")[:-1]
        for count in range(1, len(names) + 1):
            status, headers = self.ask("MKCOL", "/".join(names[:count]), [])
            expect(is_good(status) or status == 405, status, headers)


def is_good(status):
    return 200 <= status < 300


def expect(hoped, status, headers):
    """Raises what the host should do about an answer that is not the one that was hoped for."""
    if hoped:
        return
    said = f"the server answered {status}"
    after = headers.get("retry-after", "")
    if status == 429 or (status == 503 and after):
        seconds = int(after) if after.isdigit() else PAUSE_SECONDS
        raise Err(Failure_Wait(Pause(1000 * seconds, said)))
    if 300 <= status < 400:
        raise Err(Failure_Blocked(f"{said}: enter the address it leads to"))
    if status in (401, 403, 407):
        raise Err(Failure_Blocked(f"{said}: check user name and password"))
    if status in (404, 405, 409):
        raise Err(Failure_Blocked(f"{said}: check the address"))
    if status in (400, 413, 414, 415, 422):
        raise Err(Failure_Rejected(said))
    if status == 507:
        raise Err(Failure_Blocked(f"{said}: its disk is full"))
    raise Err(Failure_Retry(said))
