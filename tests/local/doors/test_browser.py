"""A page of another origin, in a real browser on the developer's machine, does everything that it can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lookout_local import LocalCloud

from . import browser
from .functions import document, make_function
from .support import port_of, secret_of

pytestmark = pytest.mark.e2e

#: Tries every way of a page to send a request to each of the targets, and tells what came of it.
PAGE = """<!doctype html><title>a page of somebody else</title><body><script>
const targets = TARGETS, given = GIVEN, told = {};
const tried = (name, work) => work.then(() => { told[name] = "done"; }, () => { told[name] = "failed"; });
const soon = (make) => new Promise((done, failed) => { make(done, failed); setTimeout(failed, 5000); });
function element(kind, address) {
  return soon((done, failed) => {
    const made = document.createElement(kind);
    Object.assign(made, {src: address, onload: done, onerror: failed});
    document.body.append(made);
  });
}
function form(address, encoding) {
  return soon((done) => {
    const frame = document.createElement("iframe"), made = document.createElement("form");
    frame.name = "frame" + Math.random();
    Object.assign(made, {action: address, method: "POST", enctype: encoding, target: frame.name});
    made.innerHTML = "<input name=key value=posted><input name=file value=content>";
    frame.onload = done;
    document.body.append(frame, made);
    made.submit();
  });
}
const socket = (address) => soon((done, failed) =>
  Object.assign(new WebSocket(address), {onopen: done, onerror: failed}));
const events = (address) => soon((done, failed) =>
  Object.assign(new EventSource(address), {onopen: done, onerror: failed}));
const simple = {method: "POST", mode: "no-cors", headers: {"Content-Type": "text/plain"}, body: "{}"};
async function attack(name, at) {
  const to = (what) => what.startsWith("http") ? what.replace(given.cloud, at) : at + what;
  const read = async (address, options) => { const answer = await fetch(address, options); if (!answer.ok) throw 0;
    return answer.text(); };
  await Promise.all([
    ...["/_ministack/reset", "/_lookout/reset", given.function, given.user].map((what) =>
      tried(name + " simple " + what, fetch(to(what), simple))),
    tried(name + " beacon", soon((done) => navigator.sendBeacon(to("/_ministack/reset"), "x") && done())),
    tried(name + " form", form(to("/_ministack/reset"), "text/plain")),
    tried(name + " upload", form(to("/anybody"), "multipart/form-data")),
    tried(name + " read calls", read(to("/_lookout/calls"))),
    tried(name + " read secret", read(to("/_lookout/calls"), {headers: {Authorization: "Bearer " + given.secret}})),
    tried(name + " read object", read(to("/anybody/page.html"))),
    tried(name + " presigned", read(to(given.presigned))),
    tried(name + " put", read(to("/anybody/put"), {method: "PUT", body: "x"})),
    tried(name + " image", element("img", to("/anybody/image.svg"))),
    tried(name + " script", element("script", to("/anybody/script.js"))),
    tried(name + " frame", element("iframe", to("/anybody/page.html"))),
    tried(name + " events", events(to("/anybody/events"))),
    tried(name + " socket", socket(to("/").replace("http", "ws"))),
  ]);
}
(async () => {
  for (const [name, at] of Object.entries(targets)) await attack(name, at);
  told.stolen = window.stolen || "";
  fetch("/told", {method: "POST", body: JSON.stringify(told)});
})();
</script>"""
#: A page in a bucket, which asks for another object of it.
OWN = """<!doctype html><body><script>
fetch("key").then((answer) => answer.text()).then((text) => { document.body.append("read: " + text); });
</script>"""
JOURNAL = """
def handle(event, context):
    open({journal!r}, "a").write("ran\\n")
    return "ran"
"""


@dataclass
class Target:
    """A cloud with all that a page could want, most of it open to everybody."""

    cloud: LocalCloud
    journal: Path
    function: str
    user: str
    presigned: str

    def given(self) -> dict[str, Any]:
        """What the page knows: more than any page should, so that nothing but the door keeps it out."""
        made = {"cloud": self.cloud.endpoint_url, "secret": secret_of(self.cloud)}
        return {**made, "function": self.function, "user": self.user, "presigned": self.presigned}

    def untouched(self) -> None:
        """Nothing was emptied, called, made or written."""
        s3, iam = self.cloud.client("s3"), self.cloud.client("iam")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="anybody")["Contents"]]
        assert keys == ["events", "image.svg", "key", "page.html", "script.js"]
        assert "intruder" not in [user["UserName"] for user in iam.list_users()["Users"]]
        assert not self.journal.exists()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    browser.require()
    journal = tmp_path_factory.mktemp("function") / "journal"
    with LocalCloud() as cloud:
        s3, functions = cloud.client("s3"), cloud.client("lambda")
        s3.create_bucket(Bucket="anybody")
        s3.delete_public_access_block(Bucket="anybody")
        everybody = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"]}
        s3.put_bucket_policy(Bucket="anybody", Policy=document({**everybody, "Resource": "arn:aws:s3:::anybody/*"}))
        rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT", "POST"], "AllowedHeaders": ["*"]}
        s3.put_bucket_cors(Bucket="anybody", CORSConfiguration={"CORSRules": [rule]})
        svg = "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>"
        for key, kind, content in (
            ("key", "text/plain", "content"),
            ("page.html", "text/html", OWN),
            ("script.js", "text/javascript", "window.stolen = 'by a script'"),
            ("image.svg", "image/svg+xml", svg),
            ("events", "text/event-stream", "data: x\n\n"),
        ):
            s3.put_object(Bucket="anybody", Key=key, Body=content.encode(), ContentType=kind)
        make_function(cloud, "published", JOURNAL.format(journal=str(journal)))
        url = functions.create_function_url_config(FunctionName="published", AuthType="NONE")["FunctionUrl"]
        made = Target(
            cloud,
            journal,
            f"/_aws/lambda-url/{urlsplit(url).netloc.partition('.')[0]}/",
            cloud.client("iam").generate_presigned_url("create_user", Params={"UserName": "intruder"}),
            s3.generate_presigned_url("get_object", Params={"Bucket": "anybody", "Key": "key"}),
        )
        yield made


def test_a_page_of_another_origin_does_and_learns_nothing(target: Target) -> None:
    with browser.site() as careless, browser.site() as page:
        # The same against a server that takes everything proves that the page does what it says.
        targets = {"careless": careless.url, "cloud": target.cloud.endpoint_url}
        page.page = PAGE.replace("TARGETS", json.dumps(targets)).replace("GIVEN", json.dumps(target.given()))
        with browser.visiting(f"{page.url}/page"):
            told = page.wait()
        for expected in (
            "POST /_ministack/reset",
            "POST /_lookout/reset",
            f"POST {target.function}",
            "POST /anybody",
            "GET /_lookout/calls",
            "GET /anybody/page.html",
            "GET /anybody/image.svg",
            "GET /anybody/script.js",
            "PUT /anybody/put",
        ):
            assert expected in careless.received
        assert any(line.startswith("POST /?Action=CreateUser") for line in careless.received)
    learned = ("read calls", "read secret", "read object", "presigned", "put", "image", "script", "events", "socket")
    assert {name: told[f"cloud {name}"] for name in learned} == dict.fromkeys(learned, "failed")
    readable = ("read calls", "read secret", "read object", "presigned", "put")
    assert {name: told[f"careless {name}"] for name in readable} == dict.fromkeys(readable, "done")
    assert told["stolen"] == ""
    target.untouched()


@pytest.mark.parametrize("path", ["/_lookout/calls", "/_ministack/health", "/anybody/key"])
def test_a_name_that_was_turned_towards_this_machine_shows_nothing(target: Target, path: str) -> None:
    """The page's own name may lead to 127.0.0.1 a minute later: for the browser it is still the page's origin."""
    port = port_of(target.cloud)
    rule = "--host-resolver-rules=MAP rebound.example.com 127.0.0.1"
    shown = browser.shows(f"http://rebound.example.com:{port}{path}", rule)
    assert f"host: got rebound.example.com:{port}, expected 127.0.0.1:{port}" in shown


def test_the_developer_reads_what_is_open_with_the_browser(target: Target) -> None:
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{port_of(target.cloud)}/anybody/page.html"
        assert "read: content" in browser.shows(url)
