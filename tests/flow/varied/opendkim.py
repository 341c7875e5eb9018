"""OpenDKIM's library, asked directly: opendkim-testmsg refuses every header that has a field twice which RFC 5322 wants once, whether
it is signed or not, and so cannot say what a signature does about it. As its mail filter uses it by default, the library looks at
signatures alone.
"""
import ctypes
import ctypes.util
import threading

from harness.verify import signatures, without_signatures

_OK = 0
_own = threading.local()


def _library():
    if not hasattr(_own, "library"):
        library = ctypes.CDLL("libopendkim.so.11")
        for name in ("dkim_init", "dkim_verify"):
            getattr(library, name).restype = ctypes.c_void_p
        library.dkim_geterror.restype = ctypes.c_char_p
        _own.library, _own.handle = library, ctypes.c_void_p(library.dkim_init(None, None))
        if not _own.handle:
            raise AssertionError("libopendkim does not start")
    return _own.library, _own.handle


def _judge(data):
    """"" where the only signature of the message verifies, else why not."""
    library, handle = _library()
    status = ctypes.c_int(-1)
    message = ctypes.c_void_p(library.dkim_verify(handle, b"varied", None, ctypes.byref(status)))
    if not message:
        raise AssertionError(f"dkim_verify: {status.value}")
    try:
        for octets in (data, b""):
            result = library.dkim_chunk(message, octets or None, ctypes.c_size_t(len(octets)))
            if result != _OK:
                return f"dkim_chunk: {result} {(library.dkim_geterror(message) or b'').decode()}"
        result = library.dkim_eom(message, None)
        return "" if result == _OK else f"dkim_eom: {result} {(library.dkim_geterror(message) or b'').decode()}"
    finally:
        library.dkim_free(message)


def library_results(data):
    """[(algorithm, verified)] for each RSA signature from the top: it knows no Ed25519."""
    return [(tags["a"], _judge(without_signatures(data, keep=n)) == "") for n, tags in enumerate(signatures(data))
            if tags["a"].startswith("rsa")]
