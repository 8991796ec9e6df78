#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs custom_transport with both libraries against a mosquitto with TLS, on a free port of the loopback:
  against_mosquitto.py CUSTOM_TRANSPORT MOSQUITTO OPENSSL
Also with a root that the broker's certificate does not lead to, which has to be refused before a CONNECT.
"""
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time


def make_certificates(openssl, folder):
    def run(*arguments):
        subprocess.run([openssl, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    for name in ("root", "other"):
        run("req", "-x509", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    run("req", "-x509", *curve, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext",
        "basicConstraints=critical,CA:FALSE", "-CA", "root.pem", "-CAkey", "root.key", "-keyout", "server.key", "-out", "server.pem")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port, broker):
    for _ in range(100):
        if broker.poll() is not None:
            sys.exit(f"mosquitto ended with {broker.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("mosquitto does not listen")


def main(program, mosquitto, openssl):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_certificates(openssl, folder)
        port = free_port()
        (folder / "conf").write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_type all\nlog_dest file {folder}/log\n"
            f"keyfile {folder}/server.key\ncertfile {folder}/server.pem\nuser root\n", encoding="ascii")
        with subprocess.Popen([mosquitto, "-c", str(folder / "conf")]) as broker:
            try:
                await_port(port, broker)
                for library in ("mbedtls", "openssl"):
                    for root, expected in (("root", 0), ("other", 1)):
                        ran = subprocess.run([program, library, "localhost", str(port), str(folder / f"{root}.pem")],
                                             timeout=30, stderr=subprocess.PIPE, text=True, check=False)
                        sys.stderr.write(ran.stderr)
                        assert ran.returncode == expected, (library, root, ran.returncode)
                        if expected:
                            assert "tls_untrusted_certificate" in ran.stderr, ran.stderr
            finally:
                broker.terminate()
        log = (folder / "log").read_text(encoding="utf-8")
        assert len(re.findall("Received PUBLISH from custom-transport ", log)) == 6, log
        assert len(re.findall("Received DISCONNECT from custom-transport", log)) == 2, log
        assert len(re.findall("New client connected", log)) == 2, log


if __name__ == "__main__":
    main(*sys.argv[1:])
