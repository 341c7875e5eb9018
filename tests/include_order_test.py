#!/usr/bin/python3
"""include_order.py finds each kind of wrong include in a tree made for it, and passes a right one."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "include_order.py"

RIGHT = {
    "conf/config.h": "#include <arpa/inet.h>\n#include <string>\n",
    "dkim/key.h": '#include "conf/config.h"\n#include "dkim/tag.h"\n',
    "dkim/tag.h": "",
    "queue/store.h": '#include "conf/config.h"\n',
    "relay/log.cc": "#include <spdlog/spdlog.h>\n",
    "relay/net/net.h": '#include <boost/asio/io_context.hpp>\n#include "relay/log.h"\n',
    "relay/smtp/reply.h": '#include "conf/config.h"\n',
    "relay/mime/survey.h": '#include "dkim/tag.h"\n#include "relay/mime/plan.h"\n',
    "relay/mime/plan.h": "",
    "relay/spool_pages.h": '#include "relay/lease.h"\n#include "relay/check/gate.h"\n#include "queue/store.h"\n',
    "relay/lease.h": "",
    "relay/trace_header.cc": '#include "relay/intake.h"\n#include "dkim/key.h"\n',
    "relay/in/session.cc": '#include "relay/in/listener.h"\n#include "relay/intake.h"\n#include <sys/socket.h>\n',
    "relay/main.cc": '#include "relay/relay.h"\n#include "relay/cli/commands.h"\n',
}

WRONG = {
    "conf/a.h": '#include "dkim/key.h"',
    "conf/b.h": "#include <sys/socket.h>",
    "dkim/a.h": '#include "queue/store.h"',
    "dkim/b.h": "#  include <spdlog/spdlog.h>",
    "dkim/c.h": "#include <arpa/inet.h>",
    "dkim/d.h": '#include "key.h"',
    "queue/a.h": "#include <boost/asio.hpp>",
    "queue/b.cc": '#include "relay/log.h"',
    "relay/smtp/a.h": '#include "relay/net/net.h"',
    "relay/smtp/b.h": "#include <boost/beast/core.hpp>",
    "relay/mime/a.h": '#include "relay/smtp/reply.h"',
    "relay/mime/b.h": "#include <boost/asio.hpp>",
    "relay/mime/c.h": "#include <arpa/inet.h>",
    "relay/net/a.h": '#include "relay/smtp/reply.h"',
    "relay/metrics.h": '#include "relay/log.h"',
    "relay/committer.h": '#include "relay/spool.h"',
    "relay/check/a.cc": '#include "relay/lease.h"',
    "relay/spool.cc": '#include "relay/trace_header.h"',
    "relay/intake_body.h": '#include "relay/out/courier.h"',
    "relay/in/a.h": '#include "relay/out/courier.h"',
    "relay/out/a.h": '#include <relay/in/session.h>',
    "relay/status/a.h": '#include "relay/cli/commands.h"',
    "relay/cli/a.h": '#include "relay/relay.h"',
    "relay/relay.cc": '#include "relay/main.h"',
    "relay/in/b.h": '#include "relay/oddity.h"',
    "relay/oddity.h": "",
    "relay/drawer/a.h": "",
    "relay/intaken.h": "",
}


class IncludeOrder(unittest.TestCase):
    def run_on(self, files):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            (root / "conf").mkdir()
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            result = subprocess.run(["/usr/bin/python3", str(CHECK), name], capture_output=True, text=True, check=False)
            return result.returncode, result.stdout

    def test_passes_a_right_tree(self):
        code, output = self.run_on(RIGHT)
        self.assertEqual(code, 0, output)

    def test_finds_each_wrong_include_beside_right_ones(self):
        for path, text in WRONG.items():
            with self.subTest(path):
                code, output = self.run_on({**RIGHT, path: "// a comment\n" + text + "\n"})
                self.assertEqual(code, 1, output)
                self.assertEqual(len(output.splitlines()), 2, output)
                self.assertTrue(output.startswith(path + ":"), output)

    def test_says_where_to_list_an_unknown_unit(self):
        _, output = self.run_on({"relay/oddity.h": ""})
        self.assertIn("LEVELS of tests/include_order.py", output)

    def test_refuses_a_folder_that_is_no_repository(self):
        with tempfile.TemporaryDirectory() as name:
            result = subprocess.run(["/usr/bin/python3", str(CHECK), name], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 2)


if __name__ == "__main__":
    sys.exit(unittest.main())
