"""A privacyIDEA of its own in an empty folder: privacyidea_server.py FOLDER.

Prints its port, and serves until its standard input ends. Run by the Python of the environment that privacyIDEA is installed in.
"""

import os
import pathlib
import secrets
import sys
import threading

ADMINISTRATOR, PASSWORD = "admin", "admin-of-a-test"


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "encryption.key").write_bytes(secrets.token_bytes(96))
    private, public = rsa_key()
    (folder / "private.pem").write_bytes(private)
    (folder / "public.pem").write_bytes(public)
    (folder / "pi.cfg").write_text(
        f"""\
SECRET_KEY = {secrets.token_hex(24)!r}
PI_PEPPER = {secrets.token_hex(12)!r}
PI_ENCFILE = {str(folder / "encryption.key")!r}
PI_AUDIT_KEY_PRIVATE = {str(folder / "private.pem")!r}
PI_AUDIT_KEY_PUBLIC = {str(folder / "public.pem")!r}
PI_LOGFILE = {str(folder / "log")!r}
SQLALCHEMY_DATABASE_URI = {"sqlite:///" + str(folder / "database")!r}
"""
    )
    os.environ["PRIVACYIDEA_CONFIGFILE"] = str(folder / "pi.cfg")

    from privacyidea.app import create_app
    from privacyidea.lib.auth import create_db_admin
    from privacyidea.models import db
    from werkzeug.serving import make_server

    app = create_app(config_name="production", config_file=str(folder / "pi.cfg"), silent=True)
    with app.app_context():
        db.create_all()
        create_db_admin(ADMINISTRATOR, password=PASSWORD)
    server = make_server("127.0.0.1", 0, app)
    # It does not outlive the process that started it, however that ends.
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    print(server.port, flush=True)
    server.serve_forever()


def rsa_key():
    """A key for the audit log, by which answers are signed as well."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public


if __name__ == "__main__":
    main()
