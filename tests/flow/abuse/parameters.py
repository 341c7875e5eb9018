"""Parameters of MAIL and RCPT: SIZE, BODY, RET, ENVID, AUTH; NOTIFY, ORCPT."""
from abuse.row import *

TOPIC = "parameters are parsed strictly: 555 5.5.4 unknown, 501 5.5.4 malformed"
RELAY = {"limits": {"message_size": "64KiB"}}


def mail(parameters, reply):
    return [MAIL[:-2] + b" " + parameters + b"\r\n", reply, RCPT, "250 2.1.5" if reply[0] == "2" else "503 5.5.1"]


def rcpt(parameters, reply):
    return [MAIL, "250 2.1.0", RCPT[:-2] + b" " + parameters + b"\r\n", reply, b"DATA\r\n",
            *(["354", TEXT + b".\r\n", ACCEPTED] if reply[0] == "2" else ["554 5.5.1"])]


def each(steps_of, reply, parameters):
    verb = steps_of.__name__.upper()
    return [Case(f"{verb} {p[:60].decode('latin-1')} ({len(p)})", steps_of(p, reply)) for p in parameters]


CASES = [
    *each(mail, "250 2.1.0", [
        b"SIZE=0", b"SIZE=65536", b"size=1", b"SIZE=00000000000000000001", b"BODY=7BIT", b"BODY=8bitmime", b"RET=FULL", b"ret=hdrs",
        b"ENVID=QQ314159", b"ENVID=a+2Bb+3Dc", b"ENVID=" + b"e" * 100, b"AUTH=<>", b"AUTH=app+40example.com", b"AUTH=app@example.com",
        b"SIZE=1 BODY=7BIT RET=HDRS ENVID=x AUTH=<>", b"  SIZE=1   BODY=7BIT  "]),
    *each(mail, "555 5.5.4", [
        b"FOO", b"FOO=1", b"X-FOO=bar", b"NOTIFY=NEVER", b"ORCPT=rfc822;user@dest.example", b"SIZEX=1", b"1=1", b"HOLDFOR=10",
        b"BY=120;R", b"XCLIENT", b"XFORWARD=1", b"SOLICIT=x", b"REQUIRETLS", b"FOO=" + b"x" * 1000]),
    *each(mail, "501 5.5.4", [
        b"=", b"=1", b"SIZE=", b"SIZE==1", b"SIZE=1=1", b"-SIZE=1", b"SI_ZE=1", b"SI;ZE=1", b"FOO=\xff", b"\xff=1", b"FOO=a\xc3\xa9",
        b"SIZE=1 SIZE=1", b"SIZE=1 size=2", b"FOO=1 FOO=2", b"BODY=7BIT BODY=8BITMIME", b"RET=FULL RET=HDRS", b"ENVID=a ENVID=b",
        b"AUTH=<> AUTH=<>", b"SIZE", b"SIZE=-1", b"SIZE=+1", b"SIZE=0x10", b"SIZE=1k", b"SIZE=1.5", b"SIZE=1,000", b"SIZE=one",
        b"SIZE=100000000000000000000", b"SIZE=" + b"0" * 21, b"SIZE=" + b"9" * 1000, b"BODY", b"BODY=", b"BODY=BINARYMIME", b"BODY=9BIT",
        b"BODY=8BIT", b"BODY=7BIT,8BITMIME", b"RET", b"RET=", b"RET=ALL", b"RET=FULL,HDRS", b"ENVID", b"ENVID=", b"ENVID=+", b"ENVID=a+2",
        b"ENVID=a+2b", b"ENVID=a+XX", b"ENVID=a+0D+0AMAIL", b"ENVID=a+0A", b"ENVID=a+00", b"ENVID=a+7F", b"ENVID=a+80", b"ENVID=a+09b",
        b"ENVID=" + b"e" * 101, b"ENVID=a=b", b"AUTH", b"AUTH=", b"AUTH=+", b"AUTH=nobody", b"AUTH=a@b@c", b"AUTH=<app@example.com>",
        b"AUTH=app+0D+0A@example.com", b"AUTH=app+00@example.com", b"AUTH=app@exa+20mple.com", b"AUTH=@example.com", b"AUTH=<",
        b"SMTPUTF8=", b"SMTPUTF8=1", b"SMTPUTF8 SMTPUTF8", b"SMTPUTF8 SIZE=\xd9\xa1",
        b"REQUIRETLS=", b"REQUIRETLS=1", b"REQUIRETLS REQUIRETLS"]),
    *each(mail, "552 5.3.4", [
        b"SIZE=65537", b"SIZE=18446744073709551615", b"SIZE=18446744073709551616", b"SIZE=99999999999999999999", b"SIZE=4294967297"]),
    *each(rcpt, "250 2.1.5", [
        b"NOTIFY=NEVER", b"NOTIFY=never", b"NOTIFY=FAILURE", b"NOTIFY=FAILURE,DELAY", b"ORCPT=rfc822;user@dest.example",
        b"ORCPT=rfc822;user+2Btag@dest.example NOTIFY=NEVER", b"ORCPT=rfc822;" + b"u" * 493]),
    *each(rcpt, "555 5.5.4", [
        b"FOO", b"FOO=1", b"SIZE=1", b"BODY=7BIT", b"RET=FULL", b"ENVID=x", b"AUTH=<>", b"SMTPUTF8", b"REQUIRETLS", b"NOTIFYX=NEVER"]),
    *each(rcpt, "501 5.5.4", [
        b"NOTIFY", b"NOTIFY=", b"NOTIFY=ALWAYS", b"NOTIFY=NEVER,FAILURE", b"NOTIFY=FAILURE,NEVER", b"NOTIFY=NEVER,NEVER",
        b"NOTIFY=FAILURE,FAILURE", b"NOTIFY=SUCCESS,success", b"NOTIFY=,", b"NOTIFY=FAILURE,", b"NOTIFY=,FAILURE", b"NOTIFY=FAILURE;DELAY",
        b"NOTIFY=FAILURE NOTIFY=DELAY", b"ORCPT", b"ORCPT=", b"ORCPT=rfc822", b"ORCPT=;user@dest.example", b"ORCPT=rfc822;",
        b"ORCPT=rfc 822;user@dest.example", b"ORCPT=(rfc822);user@dest.example", b"ORCPT=rfc822;user+0D+0ARCPT", b"ORCPT=rfc822;user+00",
        b"ORCPT=rfc822;user+", b"ORCPT=rfc822;user+4", b"ORCPT=rfc822;us=er", b"ORCPT=rfc822;\xff@dest.example", b"ORCPT=utf-8;\xc3\xa9@dest.example",
        b"ORCPT=rfc822;" + b"u" * 494, b"ORCPT=rfc822;a@b ORCPT=rfc822;a@b", b"=NEVER"]),

    *cases(lambda said: [said, "501 5.5.2", RCPT, "503 5.5.1"], [
        ("no space before a parameter", b"MAIL FROM:<app@example.com>SIZE=1\r\n"),
        ("no colon", b"MAIL FROM <app@example.com>\r\n"),
        ("TO instead of FROM", b"MAIL TO:<app@example.com>\r\n"),
        ("nothing behind MAIL", b"MAIL\r\n"),
        ("nothing behind FROM", b"MAIL FROM:\r\n"),
        ("a parameter alone", b"MAIL FROM: SIZE=1\r\n"),
        ("a parameter before the address", b"MAIL FROM:SIZE=1 <app@example.com>\r\n"),
    ]),
    *cases(lambda said: [MAIL, "250 2.1.0", said, "501 5.5.2", b"DATA\r\n", "554 5.5.1"], [
        ("FROM instead of TO", b"RCPT FROM:<user@dest.example>\r\n"),
        ("nothing behind RCPT", b"RCPT\r\n"),
        ("nothing behind TO", b"RCPT TO:\r\n"),
        ("no space before NOTIFY", b"RCPT TO:<user@dest.example>NOTIFY=NEVER\r\n"),
        ("two recipients in one command", b"RCPT TO:<user@dest.example>,<other@dest.example>\r\n"),
    ]),
    Case("a refused MAIL leaves nothing of its parameters", [*mail(b"SIZE=1 RET=ALL", "501 5.5.4"), *DATA, TEXT + b".\r\n", ACCEPTED]),
]
