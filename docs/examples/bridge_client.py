#!/usr/bin/env python3
"""Talks to the bridge of a Zartrux: prints its events, asks for a prediction, and sends a plan.

    bridge_client.py                    # a bridge on this machine, at its default addresses
    bridge_client.py --kinds share,alert
    bridge_client.py --plan             # sends a plan for the first job that it hears of
    bridge_client.py --check FOLDER     # sees that all of it works, and that events are of the schemas
                                        # in FOLDER (needs jsonschema_rs); code 0 if so

It needs pyzmq. Where the bridge has a key: --server-key its public one, and the client's own pair by
--secret-file, a file with the two lines that `zartrux bridge-key` prints.
"""

import argparse
import json
import pathlib
import random
import sys
import time

import zmq

# A longer wait means that something is not there.
PATIENCE_S = 120


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--publish", default="tcp://127.0.0.1:5551", help="where events come from")
    parser.add_argument("--predict", default="tcp://127.0.0.1:5552", help="where questions go")
    parser.add_argument("--plans", default="tcp://127.0.0.1:5553", help="where plans go")
    parser.add_argument("--kinds", default="", help="kinds of events, separated by commas; all")
    parser.add_argument("--plan", action="store_true", help="send a plan for the first job")
    parser.add_argument("--server-key", help="the bridge's public key, 40 characters")
    parser.add_argument("--secret-file", help="file with this client's pair of keys")
    parser.add_argument("--check", metavar="FOLDER", help="folder of the schemas")
    return parser.parse_args()


class Bridge:
    def __init__(self, args):
        self.args = args
        self.context = zmq.Context.instance()
        kinds = [kind.encode() for kind in args.kinds.split(",")]
        self.events = self.socket(zmq.SUB, args.publish)
        for kind in kinds:
            self.events.subscribe(kind)
        self.questions = self.socket(zmq.REQ, args.predict)
        self.plans = self.socket(zmq.PUSH, args.plans)

    def socket(self, kind, address):
        socket = self.context.socket(kind)
        socket.linger = 1000
        socket.rcvtimeo = PATIENCE_S * 1000
        if self.args.server_key:
            lines = pathlib.Path(self.args.secret_file).read_text().splitlines()
            pair = dict(line.split(" = ", 1) for line in lines if " = " in line)
            socket.curve_serverkey = self.args.server_key.encode()
            socket.curve_publickey = pair["public"].strip('"').encode()
            socket.curve_secretkey = pair["secret"].strip('"').encode()
        socket.connect(address)
        return socket

    def event(self):
        """The next event: its topic is its kind."""
        kind, body = self.events.recv_multipart()
        event = json.loads(body)
        assert event["kind"].encode() == kind
        return event

    def predict(self, **asked):
        """What is foretold, as `POST /api/v1/predict` says it."""
        self.questions.send_json({"schema": 1, "id": "example", **asked})
        return self.questions.recv_json()

    def send_plan(self, job, order, seconds):
        """Has the nonces of later blobs drawn in this order, for as long; an event says whether."""
        self.plans.send_json({
            "schema": 1,
            "name": "example",
            "for_job": job,
            "order": order,
            "expires_unix_ms": int((time.time() + seconds) * 1000),
        })


def watch(bridge, plan):
    """Prints events until it is interrupted."""
    while True:
        event = bridge.event()
        print(json.dumps(event), flush=True)
        if plan and event["kind"] == "job":
            # Any order will do for an example: a real one comes from what you know of nonces.
            bridge.send_plan(event["job"], random.sample(range(1, 256), 255), 600)
            plan = False


def check(bridge, folder):
    """Everything once, each event against its schema."""
    import jsonschema_rs

    def validator(name):
        schema = json.loads((folder / f"{name}.schema.json").read_text())
        return jsonschema_rs.validator_for(schema)

    kinds = ("job", "plan", "share", "verdict", "model", "alert")
    of_kind = {kind: validator(kind) for kind in kinds}
    answer_is = validator("predict-answer")

    def next_event():
        event = bridge.event()
        of_kind[event["kind"]].validate(event)
        return event

    def event_when(kind, wanted=lambda event: True):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            event = next_event()
            if event["kind"] == kind and wanted(event):
                return event
        raise SystemExit(f"no event of the kind {kind}")

    answer = bridge.predict(features={"late": 1})
    answer_is.validate(answer)
    assert answer["id"] == "example" and "prediction" in answer, answer
    refused = bridge.predict(features={"luck": 1})
    answer_is.validate(refused)
    assert refused["error"]["code"] == "bad_request", refused
    assert refused["error"]["field"] == "features", refused

    share = event_when("share")
    verdict = event_when("verdict")
    job = event_when("job")
    bridge.send_plan(job["job"], list(range(255, 0, -1)), 600)
    taken = event_when("plan", lambda event: event["outcome"] == "taken")
    drawn = event_when("plan", lambda event: event["outcome"] == "drawn")
    assert drawn["outside"] == taken["outside"], drawn
    bridge.send_plan(job["job"], [1, 1], 600)
    twice = event_when("plan", lambda event: event["outcome"] == "refused")
    assert "twice" in twice["reason"], twice
    for event in (share, verdict, job, taken, drawn, twice):
        print(json.dumps(event))
    print("The bridge is well.")


def main():
    args = arguments()
    bridge = Bridge(args)
    try:
        if args.check:
            check(bridge, pathlib.Path(args.check))
        else:
            watch(bridge, args.plan)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
