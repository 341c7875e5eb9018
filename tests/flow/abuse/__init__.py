"""What clients do that they should not: tables of what they say and what they are owed, one file a topic.

Each table has a TOPIC (the rule), a RELAY (how the relay is configured), and CASES. Rows are described in `row`; they
are played by `abuse_test.py`.
"""
from abuse import (addresses, caps, chunks, end_of_data, headers, lines, logins, lost, normalize, order, parameters, pipelining, protocols,
                   proxies, relaying, sizes, slow, tls)

TABLES = (lines, order, parameters, addresses, pipelining, end_of_data, normalize, chunks, headers, sizes, relaying, proxies, protocols, tls,
          logins, caps, slow, lost)
