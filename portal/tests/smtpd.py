"""A mail server for the tests, on aiosmtpd: takes mail into a folder, refuses some addresses, and says where it listens."""

import asyncio
import pathlib
import sys

from aiosmtpd.smtp import SMTP


class Desk:
    def __init__(self, folder):
        self.folder = folder

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later"):
            return "451 4.3.0 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        number = len(list(self.folder.glob("*.eml")))
        part = self.folder / f"{number:04}.part"
        part.write_bytes(envelope.content)
        part.rename(self.folder / f"{number:04}.eml")
        return "250 OK"


async def serve(folder, port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Desk(folder)), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(serve(pathlib.Path(sys.argv[1]), int(sys.argv[2])))
