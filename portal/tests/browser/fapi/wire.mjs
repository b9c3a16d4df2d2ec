// What the bank agrees to on the wire: versions of TLS and their cipher suites.

import { readFileSync } from "node:fs";
import tls from "node:tls";

/// The result of a handshake: the protocol and the suite, or the code of the error.
export function handshake(url, authority, options) {
  const { hostname, port } = new URL(url);
  return new Promise((done) => {
    const socket = tls.connect({ host: hostname, port, ca: readFileSync(authority), ...options }, () => {
      done({ protocol: socket.getProtocol(), suite: socket.getCipher().standardName });
      socket.destroy();
    });
    socket.on("error", (error) => done({ error: error.code }));
  });
}
