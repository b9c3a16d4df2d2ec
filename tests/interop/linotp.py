"""The server's half of LinOTP's QRToken: reads a pairing response, seals challenges, computes what has to come back.

As LinOTP 4.0 does it; checked against what it has recorded (`testvectors/lseqr_test.json`). Needs the package cryptography.
"""

import base64
import hashlib
import hmac
import secrets
import struct
import zlib

from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

URL, SMS, SIGNED, RESET, COMPRESSED = 2, 4, 8, 16, 1
FREE, PAIRING, LOGIN = 0, 1, 2


class Server:
    """Its key pair: signed with as Ed25519, exchanged with as X25519."""

    def __init__(self):
        seed = secrets.token_bytes(32)
        key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        self.public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.exchange_key = x25519.X25519PrivateKey.from_private_bytes(hashlib.sha512(seed).digest()[:32])

    def read_pairing(self, text):
        """Token number, public key and serial number out of a pairing response."""
        data = decode(text)
        header, public, sealed = data[:5], data[5:37], data[37:]
        keys = hashlib.sha256(_exchange(self.exchange_key, public)).digest()
        plain = open_eax(keys[:16], keys[16:], header, sealed)
        kind, number, token_public = plain[0], struct.unpack("<I", plain[1:5])[0], plain[5:37]
        serial, login = plain[37:].split(b"\0")[:2]
        if header[0] != 1 or kind != 2 or login:
            raise ValueError(f"not the pairing response of a QRToken: {plain.hex()}")
        return number, token_public, serial.decode()

    def seal(self, token, content, flags, transaction, message, url=None, sms=None):
        """A challenge for a token: its text, and the signature that is the right answer."""
        number, token_public = token[:2]
        ephemeral = x25519.X25519PrivateKey.generate()
        first = hashlib.sha256(_exchange(ephemeral, token_public)).digest()
        second = hashlib.sha256(first).digest()
        nonce = second[16:]
        texts = [message] + ([url] if flags & URL else []) + ([sms] if flags & SMS else [])
        data = b"".join(text.encode() + b"\0" for text in texts)
        sent = zlib.compress(data) if flags & COMPRESSED else data
        head = struct.pack("<BBQ", content, flags, transaction)
        signature = _hmac(_exchange(self.exchange_key, token_public), nonce + head + sent) if flags & SIGNED else b""
        header = struct.pack("<BI", 1, number)
        sealed = seal_eax(first[:16], nonce, header, head + signature + sent)
        public = ephemeral.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        answer = _hmac(second[:16], nonce + head + signature + data)
        return "lseqr://chal/" + encode(header + public + sealed), answer


class PairingCode:
    """What a pairing code says: `texts` are serial number (flag 2), callback address (4) and telephone number (8), as far as they are
    there, by their flags."""

    def __init__(self, text):
        data = decode(text.removeprefix("lseqr://pair/"))
        self.head, self.public, rest = data[:10], data[10:42], data[42:]
        flags, self.partition = struct.unpack("<II", self.head[2:])
        *texts, self.rest = rest.split(b"\0", (flags & 14).bit_count())
        self.texts = dict(zip((flag for flag in (2, 4, 8) if flags & flag), (text.decode() for text in texts)))
        self.digits = self.rest[0] if flags & 16 else 8

    def with_server(self, public, url):
        """The code with another server's key, and another callback address where it has one."""
        texts = self.texts | ({4: url} if 4 in self.texts else {})
        data = self.head + public + b"".join(text.encode() + b"\0" for text in texts.values()) + self.rest
        return "lseqr://pair/" + encode(data)


def tan(signature, digits):
    """The digits that can be typed in the place of the signature."""
    place = signature[31] & 15
    number = int.from_bytes(signature[place : place + 4], "big") & 0x7FFFFFFF
    return str(number).zfill(digits)[-digits:]


def transaction_id(number):
    return f"{number // 100}" + (f".{number % 100:02}" if number % 100 else "")


def seal_eax(key, nonce, header, plain):
    nonce, header = _omac(key, 0, nonce), _omac(key, 1, header)
    counter = Cipher(algorithms.AES(key), modes.CTR(nonce)).encryptor()
    sealed = counter.update(plain)
    return sealed + _xor(nonce, header, _omac(key, 2, sealed))


def open_eax(key, nonce, header, sealed):
    sealed, tag = sealed[:-16], sealed[-16:]
    nonce, header = _omac(key, 0, nonce), _omac(key, 1, header)
    if _xor(nonce, header, _omac(key, 2, sealed)) != tag:
        raise ValueError("the seal is wrong")
    return Cipher(algorithms.AES(key), modes.CTR(nonce)).decryptor().update(sealed)


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _omac(key, number, data):
    mac = cmac.CMAC(algorithms.AES(key))
    mac.update(number.to_bytes(16, "big") + data)
    return mac.finalize()


def _xor(*blocks):
    return bytes(a ^ b ^ c for a, b, c in zip(*blocks))


def _hmac(key, data):
    return hmac.new(key, data, "sha256").digest()


def _exchange(private, public):
    return private.exchange(x25519.X25519PublicKey.from_public_bytes(public))
