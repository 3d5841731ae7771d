"""Seals what people wrote before it touches a disk; finds people without storing who they are."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class VaultError(Exception):
    """A sealed value cannot be opened with this key."""


class Vault:
    """Encrypts JSON values with one Fernet key (AES-128-CBC with HMAC, cryptography's recipe)."""

    def __init__(self, key: str) -> None:
        """Take a Fernet key (44 URL-safe base64 characters).

        Raises:
            ValueError: the key is not a Fernet key.
        """
        self._fernet = Fernet(key)
        # Its own key for look-ups, so that a leaked index says nothing about the sealing key.
        self._index = HKDF(SHA256(), 32, salt=None, info=b"abc address index").derive(key.encode())

    def seal(self, value: Any) -> bytes:
        """Return the value, anything that JSON can hold, encrypted."""
        return self._fernet.encrypt(json.dumps(value, separators=(",", ":")).encode())

    def open(self, sealed: bytes) -> Any:
        """Return what was sealed.

        Raises:
            VaultError: it was sealed with another key, or changed since.
        """
        try:
            return json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise VaultError(
                "A stored text cannot be opened: the key in ABC_KEY or var/key.secret is not the "
                "one it was written with. Put the old key back."
            ) from None

    def lane(self, channel: str, address: str) -> str:
        """Return a stable name for a chat that cannot be turned back into its address."""
        mac = hmac.new(self._index, f"{channel}:{address}".encode(), hashlib.sha256)
        return mac.hexdigest()[:32]
