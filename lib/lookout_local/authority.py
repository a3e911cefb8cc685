"""A certificate authority of one cloud, which only those trust who are told to, for the hosts that it stands for.

Its key never leaves the memory of the server. Both are gone when the server ends.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AGE, _LIFE = timedelta(days=1), timedelta(days=365)
_HOSTS = 256


class Authority:
    """Vouches for hosts, in TLS. `certificate` is what to trust, as PEM."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._hosts_key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lookout-local, this cloud only")])
        usage = _usage(key_cert_sign=True, crl_sign=True)
        made = _unsigned(self._name, self._name, self._key.public_key(), self._key.public_key(), usage)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.certificate = made.sign(self._key, SHA256()).public_bytes(Encoding.PEM)
        self.context = lru_cache(_HOSTS)(self._context)

    def _context(self, host: str) -> ssl.SSLContext:
        """What serves a host over TLS."""
        subject = x509.Name([])
        usage = _usage(digital_signature=True)
        made = _unsigned(subject, self._name, self._hosts_key.public_key(), self._key.public_key(), usage)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        chain = made.sign(self._key, SHA256()).public_bytes(Encoding.PEM) + self.certificate
        key = self._hosts_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        # Python reads them from a file only, which nobody else can read, and which is gone at once.
        with tempfile.NamedTemporaryFile() as file:
            file.write(key + chain)
            file.flush()
            context.load_cert_chain(os.fspath(file.name))
        return context


def _unsigned(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuers_key: ec.EllipticCurvePublicKey,
    usage: x509.KeyUsage,
) -> x509.CertificateBuilder:
    """A certificate as far as those of the authority and of hosts are alike."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), now - _AGE, now + _LIFE)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers_key), critical=False)
    )


def _usage(**allowed: bool) -> x509.KeyUsage:
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    )
    return x509.KeyUsage(**{**dict.fromkeys(every.split(), False), **allowed})
