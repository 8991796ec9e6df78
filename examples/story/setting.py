# SPDX-License-Identifier: BSL-1.0
"""What the story needs before it can begin: certificates, device keys and tokens, all made for one run."""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import time
import urllib.parse


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")


def make_certificates(folder):
    """A certificate authority of our own, and a server certificate for localhost; EC P-256, two days."""
    def path(name):
        return os.path.join(folder, name)

    def write(name, text):
        with open(path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return path(name)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    ca = write("ca.conf", "[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=ext\n[name]\n"
               "CN=hubwire story CA\n[ext]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
               "subjectKeyIdentifier=hash\n")
    openssl("req", "-x509", *key, "-config", ca, "-keyout", path("ca.key"), "-out", path("ca.pem"), "-days", "2")
    request = write("hub.conf", "[req]\nprompt=no\ndistinguished_name=name\n[name]\nCN=localhost\n")
    openssl("req", *key, "-config", request, "-keyout", path("hub.key"), "-out", path("hub.csr"))
    extensions = write("hub.ext", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                       "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", path("hub.csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
            "-CAcreateserial", "-extfile", extensions, "-out", path("hub.pem"), "-days", "2")


def new_key():
    return base64.b64encode(os.urandom(32)).decode()


def write_registry(path, keys):
    devices = [{"id": device, "primary_key": key} for device, key in keys.items()]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"devices": devices}, file)


def sas_token(host, device, key, seconds=3600):
    """The password of a device: an HMAC over what it may do and until when. Eight lines, no hubwire."""
    resource = urllib.parse.quote(f"{host}/devices/{device}", safe="")
    expiry = int(time.time()) + seconds
    signed = hmac.new(base64.b64decode(key), f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    signature = urllib.parse.quote(base64.b64encode(signed), safe="")
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}"
