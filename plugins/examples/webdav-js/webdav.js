// Sync target: a folder on a WebDAV server.

import { send } from "boothsync:plugin/http@0.1.0";
import { get as secret } from "boothsync:plugin/secrets@0.1.0";
import { json } from "boothsync:plugin/settings@0.1.0";

export const target = {
  probe() {
    const server = ofSettings();
    const answer = ask(server, "PROPFIND", "", [["Depth", "0"]]);
    if (answer.status === 404) throw failure("blocked", `there is no folder ${server.url}: make it`);
    expect(answer, answer.status === 207);
    return { summary: `WebDAV folder ${server.url}`, facts: [] };
  },

  put(object, _previous, content) {
    const server = ofSettings();
    // Everybody sees what has come so far of an upload, so it goes beside and is renamed.
    const aside = object.path.replace(/[^/]*$/, ".boothsync-$&");
    const body = [{ tag: "file", val: { blob: content, offset: 0n, length: object.size } }];
    const headers = [["Content-Type", object.mediaType]];
    let answer = ask(server, "PUT", aside, headers, body);
    if ([403, 404, 409].includes(answer.status)) {
      makeFolders(server, object.path);
      answer = ask(server, "PUT", aside, headers, body);
    }
    expect(answer, isGood(answer));
    const moved = [["Destination", address(server, object.path)], ["Overwrite", "T"]];
    const renamed = ask(server, "MOVE", aside, moved);
    expect(renamed, isGood(renamed));
    return "";
  },

  delete(path, _receipt) {
    const answer = ask(ofSettings(), "DELETE", path, []);
    expect(answer, isGood(answer) || answer.status === 404);
  },
};

function ofSettings() {
  const { url, user = "" } = JSON.parse(json());
  const password = secret("password");
  const login = password === undefined ? [] : [["Authorization", `Basic ${base64(`${user}:${password}`)}`]];
  return { url: url.replace(/\/+$/, ""), login };
}

function address(server, path) {
  return `${server.url}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** Sends one request. Any answer is fine here, of any status. */
function ask(server, method, path, headers, body = []) {
  const request = { method, url: address(server, path), headers: [...headers, ...server.login], body };
  const response = send(request);
  const answer = { status: response.status(), headers: new Map(response.headers()) };
  response[Symbol.dispose ?? Symbol.for("dispose")]?.();
  return answer;
}

/** Makes the folders above `path`. Those that are there answer 405, which is as good. */
function makeFolders(server, path) {
  const names = path.split("/").slice(0, -1);
  names.forEach((_, index) => {
    const answer = ask(server, "MKCOL", names.slice(0, index + 1).join("/"), []);
    expect(answer, isGood(answer) || answer.status === 405);
  });
}

function isGood(answer) {
  return answer.status >= 200 && answer.status < 300;
}

/** Throws what the host should do about an answer that is not the one that was hoped for. */
function expect(answer, hoped) {
  if (hoped) return;
  const { status, headers } = answer;
  const said = `the server answered ${status}`;
  if (status === 429 || (status === 503 && headers.has("retry-after"))) {
    const seconds = Number.parseInt(headers.get("retry-after"), 10) || 30;
    throw failure("wait", { milliseconds: BigInt(seconds) * 1000n, reason: said });
  }
  if (status >= 300 && status < 400) throw failure("blocked", `${said}: enter the address it leads to`);
  if ([401, 403, 407].includes(status)) throw failure("blocked", `${said}: check user name and password`);
  if ([404, 405, 409].includes(status)) throw failure("blocked", `${said}: check the address`);
  if ([400, 413, 414, 415, 422].includes(status)) throw failure("rejected", said);
  if (status === 507) throw failure("blocked", `${said}: its disk is full`);
  throw failure("retry", said);
}

function failure(tag, val) {
  return { tag, val };
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
