"""What flow tests stand on: a namespace with nothing but loopback, real DNS, a real relay, receivers, clients, verifiers.

A test file begins with `from harness import *`, defines FlowTest classes, and ends with `main()`, which enters the
namespace and prints `N passed, N failed`. Order to read: namespace, case, relay, dns, receiver, verify.
"""
from harness.case import FlowTest, main
from harness.clients import Raw, submit, submit_raw
from harness.dns import Dns
from harness.message import Text, message
from harness.namespace import BINARY, DEAD, RECEIVERS, ROOT, SOURCE, SOURCE6, program
from harness.postfix import Postfix, SmtpSink
from harness.receiver import DROP, HANG, Receiver
from harness.relay import Relay
from harness.verify import dkim_tags, dkimpy_results, opendkim_results, signatures, split, without_signatures

__all__ = [name for name in dir() if not name.startswith("_")]
